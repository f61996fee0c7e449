# SPDX-License-Identifier: MIT
from .table import Section
behave = Section("behave")
