"""The declarative REST connector: operations as data, no code per system."""
