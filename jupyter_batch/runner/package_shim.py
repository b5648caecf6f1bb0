"""The ``jupyter_batch`` package of kernels in images that do not have it installed.

Where the whole package is installed after all (the kernel may have another Python than the
runner), that is taken; else what notebooks need inside of a run, which lies beside this file.
"""

import importlib
import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [path for path in sys.path if os.path.abspath(path) != _here]
# The last place: an installed package comes first.
sys.path.append(os.path.join(_here, "alone"))
del sys.modules[__name__]
sys.modules[__name__] = importlib.import_module(__name__)
