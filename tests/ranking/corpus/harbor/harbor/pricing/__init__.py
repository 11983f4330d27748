"""Tariffs and discounts."""
