"""The proof that fixes hold: what they change is built and started before and after them.

`prove` is the way in; see `prove.py`. It is loaded by `seawall fix --prove` alone.
"""

from seawall.jobs.proving.model import ProofOptions, ProofReport, Proven, Subjects
from seawall.jobs.proving.prove import prove

__all__ = ["ProofOptions", "ProofReport", "Proven", "Subjects", "prove"]
