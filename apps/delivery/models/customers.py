"""The companies a tenant serves, and their people."""

from django.conf import settings
from django.db import models

from apps.core.models import Entity


class Customer(Entity):
    """A company served. ``external_id`` is its number in the tenant's own books, ``erp_id`` its id in the ERP;
    ``owner`` answers for the relation with it."""

    external_id = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    country = models.CharField(max_length=2, blank=True)
    language = models.CharField(max_length=12, default="en")
    erp_id = models.CharField(max_length=80, blank=True)
    external_refs = models.JSONField(default=dict, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "customer"


class Contact(Entity):
    """A person at a customer; ``user`` is the account with which this person signs in to the status pages.

    ``role`` is the part this person has there, such as ``sponsor``; approval policies may ask for it.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=200)
    email = models.EmailField(max_length=254)
    role = models.SlugField(max_length=40, blank=True, default="", db_default="", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="contacts"
    )

    class Meta:
        verbose_name = "contact"
        constraints = (
            models.UniqueConstraint(fields=["customer", "email"], name="contact_once_per_customer"),
        )
