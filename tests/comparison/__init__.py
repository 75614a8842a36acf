"""Tests of what two configurations do differently."""
