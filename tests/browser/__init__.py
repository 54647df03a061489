"""Tests in a real browser: headless Chromium clicks, types and prints as a person would."""
