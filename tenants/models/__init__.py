"""Shared rows of tenancy, all in the public schema under their full names."""

from tenants.models.access import AccessLease
from tenants.models.directory import Brand, Configuration, Directory, Domain, Partner, Tenant

__all__ = ["AccessLease", "Brand", "Configuration", "Directory", "Domain", "Partner", "Tenant"]
