"""Tests of the files of `router test`."""
