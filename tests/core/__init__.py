"""Tests of the core as a whole: on the real store, with doubles for the platform and the models."""
