"""Where jobs run: one module a backend, behind one small protocol."""
