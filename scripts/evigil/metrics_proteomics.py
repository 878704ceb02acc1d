"""Metrics of the protein layer: how many proteins, how much of vesicles, how much of blood."""

from evigil.metric import Metric

#: What each engine's table is: all proteins of a sample were looked for, or those of a panel whose
#: assays have a scale each.
DISCOVERY = frozenset({"diann", "maxquant", "fragpipe", "spectronaut", "mzml"})
AFFINITY = frozenset({"olink", "somascan"})

MISEV2018 = "categories: MISEV2018, doi:10.1080/20013078.2018.1535750"
GEYER = "proteins: Geyer 2019, doi:10.15252/emmm.201910427"
FITTED = "the limit is fitted (ours)"
NO_SHARE = "no protein of the categories is in the table, or its assays share no scale"
NO_PANEL = "no protein of the panel is in the table, or its assays share no scale"
NO_RATIO = "one of the two proteins was not found, or their assays share no scale"


def _blood(panel: str, meaning: str, safe: bool) -> Metric:
    """Return the metric of a panel: as published, or without what vesicles carry themselves."""
    return Metric(
        f"{panel}_ev_safe_share" if safe else f"{panel}_share",
        "proteomics",
        "fraction",
        "high",
        f"share of the signal that is proteins of {meaning}"
        + (", those apart that vesicles are known to carry" if safe else ""),
        f"{panel}_ev_safe_share" if safe else f"{panel}_share",
        fitted=safe,
        source=f"{GEYER}; {FITTED}" if safe else GEYER,
        note="" if safe else "no limit: vesicles carry some of its proteins",
        lacking=NO_PANEL,
    )


def _ratio(protein: str, marker: str) -> Metric:
    name = f"{protein}_{marker}".lower()
    return Metric(
        name,
        "proteomics",
        "log2",
        "high",
        f"log2 of {protein} over {marker}",
        name,
        fitted=True,
        source=f"{MISEV2018}; {FITTED}",
        lacking=NO_RATIO,
    )


PROTEOMICS = (
    Metric(
        "protein_identifications",
        "proteomics",
        "value",
        "low",
        "protein groups with a quantity",
        "identifications",
        limits=(("fail_below", 100), ("warn_below", 200)),
        critical=True,
        lacking="the table is not of a search for all proteins",
    ),
    Metric(
        "category_3_excess",
        "proteomics",
        "log2",
        "high",
        "log2 of the signal of proteins isolated with vesicles (category 3) over that of proteins "
        "of vesicles (categories 1 and 2)",
        "category_3_excess",
        limits=(("warn_above", 4), ("fail_above", 7.5)),
        critical=True,
        source=f"{MISEV2018}; the limits are ours: plasma from which nothing was isolated has 7.6, "
        "vesicles of it .7 (Mag-Net, doi:10.1101/2023.06.10.544439)",
        lacking=NO_SHARE,
    ),
    Metric(
        "category_3_share",
        "proteomics",
        "fraction",
        "high",
        "share of the signal that is proteins isolated with vesicles, such as apolipoproteins and "
        "albumin (category 3)",
        "category_3_share",
        fitted=True,
        source=f"{MISEV2018}; {FITTED}",
        lacking=NO_SHARE,
    ),
    Metric(
        "category_4_share",
        "proteomics",
        "fraction",
        "high",
        "share of the signal that is proteins of other compartments of the cell (category 4)",
        "category_4_share",
        source=MISEV2018,
        note="no limit: vesicles of plasma are not poor in them",
        lacking=NO_SHARE,
    ),
    Metric(
        "without_vesicle_proteins",
        "proteomics",
        "value",
        "high",
        "1 if fewer than 3 proteins of categories 1 and 2 are detected, or none of either",
        "without_vesicle_proteins",
        limits=(("warn_above", 0),),
        source=MISEV2018,
        lacking="the table has no protein of category 1, 2 or 3",
    ),
    _ratio("APOA1", "CD9"),
    _ratio("APOB", "CD9"),
    _ratio("ALB", "CD63"),
    *(
        _blood(panel, meaning, safe)
        for panel, meaning in (("platelet", "platelets"), ("erythrocyte", "red cells"))
        for safe in (False, True)
    ),
    Metric(
        "coagulation_index",
        "proteomics",
        "value",
        "high",
        "signal of all proteins over that of the three chains of fibrinogen, which clotting "
        "takes away",
        "coagulation_index",
        fitted=True,
        source=f"{GEYER}; {FITTED}",
        lacking="no fibrinogen was found, or the assays of the table share no scale",
    ),
    Metric(
        "coagulation_ev_safe_share",
        "proteomics",
        "fraction",
        "low",
        "share of the signal that is proteins of coagulation, those apart that vesicles are known "
        "to carry",
        "coagulation_ev_safe_share",
        source=GEYER,
        note="no limit: proteins that clotting adds and takes away together",
        lacking=NO_PANEL,
    ),
    Metric(
        "protein_outlier_distance",
        "proteomics",
        "value",
        "high",
        "distance of the protein profile from those of the quality reference, as "
        "`outlier_distance`",
        "protein_outlier_distance",
        fitted=True,
        source="PCOut, doi:10.1016/j.csda.2007.05.018; number of components and limit: ours",
        lacking="the quality reference is too small to compare profiles with, or the sample lacks "
        "its features",
    ),
)

CHARACTER = (
    *(f"category_{n}_{what}" for n in range(1, 6) for what in ("detected", "share")),
    *("category_3_excess", "without_vesicle_proteins", "apoa1_cd9", "apob_cd9", "alb_cd63"),
    *("platelet_detected", "platelet_share", "platelet_ev_safe_share"),
    *("erythrocyte_detected", "erythrocyte_share", "erythrocyte_ev_safe_share"),
    *("coagulation_detected", "coagulation_share", "coagulation_ev_safe_share"),
    "coagulation_index",
)
"""Columns of ``proteomics/samples.tsv`` that say what a sample's proteins are of, in order."""
