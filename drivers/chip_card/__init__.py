"""Readers of chip cards through PC/SC: social-security cards and hospital cards."""
