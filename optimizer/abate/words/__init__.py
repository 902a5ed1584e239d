"""What people read, in their language: sentences from one catalogue, numbers and units as they are written there."""

from abate.words.words import LANGUAGES, Words

__all__ = ["LANGUAGES", "Words"]
