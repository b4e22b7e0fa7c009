"""Images from OCI registries: fetched by digest, verified, unpacked once, and never run here."""
