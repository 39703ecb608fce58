"""What is true of a Dockerfile's final user and images, worked out without the product.

`evaluation` follows stages, ARG and ENV over what the Go parser read, `bases.toml` says with
sources which images set a user, and `labels.toml` holds what a person read where these two
could not tell or were wrong.
"""
