"""The hospital's own systems, behind one port: today's sessions, appointments, registrations and patient files."""
