"""Phrases of one topic in every language side by side: ``EN`` and ``JA`` have the same keys."""
