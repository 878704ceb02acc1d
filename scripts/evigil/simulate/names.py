"""Names of human miRNAs (miRBase v22), for simulated tables."""

import numpy as np
from numpy.typing import NDArray

from evigil.rna.paths import PANELS
from evigil.tables import read_table

HAEMOLYSIS = """
106b-3p 140-3p 142-5p 532-5p 17-5p 19b-3p 30c-5p 324-5p 192-5p 660-5p 186-5p 425-5p 25-3p 363-3p
183-5p 451a 182-5p 191-5p 194-5p 20b-5p
"""
"""Signature of haemolysis [Smith 2022, doi:10.3390/genes13071288]."""

PLATELET = ("hsa-let-7a-5p", "hsa-miR-21-5p", "hsa-miR-223-3p")
"""Platelet miRNAs [Bracht 2023, doi:10.1002/jev2.12302]."""

LET_7 = "a b c d e f g i"

BOTH_ARMS = """
1 9 10a 10b 15a 15b 17 18a 18b 19a 20a 20b 21 22 23a 23b 25 26b 27a 27b 28 29a 29c 30a 30b 30d 30e
31 32 33a 33b 34a 34b 34c 92b 93 95 96 98 99a 99b 100 101 105 106a 106b 122 122b 124 125a 126 127
130a 130b 132 133a 134 135a 135b 136 137 139 140 141 142 143 144 145 146a 146b 147b 148a 148b 149
150 151a 152 153 154 155 181a 181b 181c 181d 182 183 185 186 187 188 190a 190b 191 192 193a 193b 194
195 196a 196b 197 200a 200b 200c 202 203a 203b 204 205 208a 208b 210 211 212 214 215 216a 216b 217
219b 221 222 223 224 296 299 301a 301b 302a 302b 302c 302d 320a 323a 323b 324 328 329 330 331 335
337 338 339 340 342 345 361 362 363 367 369 370 371a 371b 372 373 374a 374b 374c 375 376a 376b 376c
377 378a 379 380 381 382 383 409 410 411 412 423 424 425 431 432 433 449b 449c 450b 452 454 455 483
485 486 487a 487b 488 489 490 491 493 494 495 497 498 499a 499b 500a 500b 501 502 503 504 505 506
508 509 510 511 512 513a 513b 513c 514a 514b 515 518c 518f 519d 519e 520a 520d 520e 520f 520g 524
525 526b 532 539 541 542 545 548a 548b 548d 548e 548f 548j 549a 550a 551b 552 556 561 574 576 579
580 582 584 585 589 590 593 597 598 605 615 616 619 624 625 627 628 629 642a 642b 651 652 653 654
655 656 659 660 664a 664b 668 670 671 675 676 708 744 758 766 767 769 873 874 875 876 877 885 887
888 889 891a 892c 937 939 942 1178 1180 1199 1207 1224 1225 1226 1227 1228 1229 1233 1236 1237 1238
1245b 1247 1249 1250 1251 1252 1266 1271 1273h 1277 1285 1287 1288 1292 1295b 1296 1298 1301 1304
1306 1307 1343 1468 1537 1908 1909 1910 1911 1912 1914 1915 2114 2115 2116 2276 2277 2355 2467 2681
2682 3059 3064 3065 3074 3085 3117 3120 3121 3124 3126 3127 3129 3130 3136 3140 3144 3145 3150a
3150b 3151 3152 3156 3157 3158 3160 3162 3173 3177 3180 3184 3186 3187 3189 3190 3191 3192 3194 3200
3529 3605 3606 3613 3614 3616 3617 3619 3620 3622a 3622b 3663 3664 3667 3675 3677 3678 3679 3680
3681 3682 3688 3691
"""
"""miRNAs of which both arms, -5p and -3p, are annotated, each with a sequence of its own."""


def feature_names(n: int) -> list[str]:
    """Return `n` miRNA names: the blood-cell panels, let-7, the panels' background, then by number.

    Beyond the known names they are openly invented (``sim-miR-1``).
    """
    known = [f"hsa-miR-{name}" for name in HAEMOLYSIS.split()]
    known += PLATELET
    known += [f"hsa-let-7{letter}-5p" for letter in LET_7.split()]
    known += read_table(PANELS, text=("mirna",))["mirna"].tolist()
    known += [f"hsa-miR-{name}-{arm}" for name in BOTH_ARMS.split() for arm in ("5p", "3p")]
    unique = list(dict.fromkeys(known))
    return (unique + [f"sim-miR-{i}" for i in range(1, n - len(unique) + 1)])[:n]


def named_as_in_plasma(cpm: NDArray[np.float64]) -> list[str]:
    """Name miRNAs by their abundance.

    The names are those of `feature_names` in their order, but that the blood-cell panels and their
    background change places among themselves until the more abundant are those that are so in
    plasma: else every sample would look haemolysed.

    Parameters
    ----------
    cpm
        Counts per million, shape (n,).
    """
    names = np.array(feature_names(len(cpm)), dtype=object)
    levels = read_table(PANELS, text=("mirna",)).set_index("mirna")["reference_cpm"].reindex(names)
    at = np.flatnonzero(levels.notna())
    by_plasma = levels.iloc[at].sort_values(kind="stable").index
    names[at[np.argsort(cpm[at], kind="stable")]] = by_plasma
    return names.tolist()
