"""What pages of the portal gather from several apps."""
