"""Kinds of credential, signing, and what a process shares of them."""
