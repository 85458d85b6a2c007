"""How properties are looked for: anew each time on a developer's machine, the same ones each time in CI.

What a machine of the project's finds by chance belongs on a developer's desk, not between somebody and their release.
"""

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")
