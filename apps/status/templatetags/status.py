"""Values out of data on pages: see ``core.data_words``."""

from django import template

from apps.core.data_words import label_of, value_words

register = template.Library()
register.filter("label_of", label_of)
register.filter("value_words", value_words)
