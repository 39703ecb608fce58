"""The Docker Engine, asked over its API: by nothing but requests that read."""
