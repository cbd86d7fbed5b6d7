"""Configuration of the documentation: built from this checkout alone, nothing is fetched."""

from __future__ import annotations

import os
import tempfile

_home = tempfile.TemporaryDirectory()
os.environ.setdefault("AIRFLOW_HOME", _home.name)
os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "WARNING")

from dli_provider import __version__  # noqa: E402

project = "airflow-provider-huaweicloud-dli"
author = "The maintainers"
version = release = __version__
language = "en"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_class_signature = "separated"
autodoc_default_options = {"exclude-members": "__new__"}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
add_module_names = False
python_maximum_signature_line_length = 80
toc_object_entries_show_parents = "hide"

nitpicky = True
nitpick_ignore_regex = [
    ("py:.*", r"(?!dli_provider).+"),  # of other packages: nothing is fetched
    (
        "py:.*",
        r"dli_provider\.(polling|triggers\.base|flink\.definition_values|api\.endpoints|emulator\.(model|routes)|.*\.T$|.*\.redact$|.*\.validate_).*",
    ),
]

html_theme = "furo"
html_title = f"Flink jobs on Huawei Cloud DLI {__version__}"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_static_path = ["static"]
html_css_files = ["pages.css"]
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#b3261e", "color-brand-content": "#b3261e"},
    "dark_css_variables": {"color-brand-primary": "#ff8a80", "color-brand-content": "#ff8a80"},
}
