"""Fairwell's core. It knows no platform: adapters translate, the core decides, actions come back as data."""
