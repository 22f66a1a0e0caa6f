"""Commands of tenancy that need nothing above this row."""
