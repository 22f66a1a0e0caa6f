"""What every app's REST views are built from; assembled, authenticated and limited in ``apps.api``."""
