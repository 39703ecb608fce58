"""`docker run`, `docker create` and `podman run` command lines as workloads."""
