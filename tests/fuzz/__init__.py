# SPDX-License-Identifier: MIT
"""Damaged HDF5 files by the thousand, and what `rank_stacks` makes of each.

``python -m tests.fuzz --seconds 600 --seed 1`` changes bytes of small files of many layouts and ranks
each beside a good stack, in a process of its own. A file must be ranked with the numbers of the pixels
that plain h5py reads from it, or refused by an error that names the stack. The files are the same for
the same seed.
"""
