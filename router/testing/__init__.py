"""Tests of routes: a signed request in, the verdict of its verification, routes and rendered actions out."""
