"""Proteins of plasma EV preparations (UniProt accession and gene), for simulated tables.

Typed here once more on purpose, as the kits are: the workflow reads `resources/panels/`, and a slip
there would go unseen if the simulated proteins were made from the same files.
"""

import pandas as pd

KNOWN = {
    "transmembrane": """
        P21926:CD9 P08962:CD63 P60033:CD81 P27701:CD82 Q08722:CD47 P05556:ITGB1 P02786:TFRC
        P35613:BSG O14672:ADAM10 P13987:CD59 P11279:LAMP1 P13473:LAMP2 P08174:CD55 P23229:ITGA6
        P62873:GNB1 P04899:GNAI2 P63092:GNAS P04439:HLA-A P21589:NT5E P18827:SDC1 P31431:SDC4
        Q9P2B2:PTGFRN Q969P0:IGSF8 Q9UP52:TFR2 P19075:TSPAN8 P16422:EPCAM P16284:PECAM1
        P08571:CD14 P08575:PTPRC P04626:ERBB2 P19397:CD53 P11049:CD37 P01903:HLA-DRA P05067:APP
        P04216:THY1""",
    "cytosolic": """
        Q8WUM4:PDCD6IP Q99816:TSG101 O75955:FLOT1 Q14254:FLOT2 O00560:SDCBP P07355:ANXA2
        P08758:ANXA5 P50995:ANXA11 P08238:HSP90AB1 P11142:HSPA8 P0DMV8;P0DMV9:HSPA1A;HSPA1B
        P60709:ACTB P04406:GAPDH P61586:RHOA P62330:ARF6 Q9H4M9:EHD1 Q9H223:EHD4 Q9H444:CHMP4B
        O43633:CHMP2A Q9UN37:VPS4A O75351:VPS4B Q03135:CAV1 Q8N5I2:ARRDC1
        P68363;Q9BQE3:TUBA1B;TUBA1C""",
    "lipoprotein": """
        P02647:APOA1 P04114:APOB P02768:ALB P02649:APOE P02652:APOA2 P02654:APOC1 P02656:APOC3
        P08519:LPA""",
    "plasma": """
        P01857:IGHG1 P02787:TF P00738:HP P01023:A2M P01009:SERPINA1 P01024:C3 P02765:AHSG""",
    "coagulation": """
        P02671:FGA P02675:FGB P02679:FGG P00734:F2 P01008:SERPINC1 P01042:KNG1 P03951:F11
        P05154:SERPINA5 Q16610:ECM1 P19823:ITIH2 P98160:HSPG2""",
    "erythrocyte": """
        P68871:HBB P69905:HBA1 P02042:HBD P00915:CA1 P32119:PRDX2 P00918:CA2 P04040:CAT
        P30043:BLVRB P02730:SLC4A1 P02549:SPTA1 P11277:SPTB P00441:SOD1 P07738:BPGM
        Q13228:SELENBP1 P13716:ALAD P16157:ANK1 P11171:EPB41 P30041:PRDX6 P02724:GYPA""",
    "platelet": """
        P02775:PPBP P05106:ITGB3 P08514:ITGA2B P07996:THBS1 Q9Y490:TLN1 P21333:FLNA P35579:MYH9
        Q86UX7:FERMT3 P61224:RAP1B P07737:PFN1 P18206:VCL P08567:PLEK Q9H4B7:TUBB1 Q13201:MMRN1
        P00488:F13A1 P62328:TMSB4X P23528:CFL1 P67936:TPM4 P14770:GP9""",
    "compartment": """
        P27824:CANX P62805:H4C1 P14625:HSP90B1 P11021:HSPA5 P27797:CALR P21796:VDAC1 P02545:LMNA
        O43707:ACTN4 P08574:CYC1 Q08379:GOLGA2 P68431:H3C1 Q15388:TOMM20""",
    "corona": """
        P02751:FN1 Q08431:MFGE8 Q08380:LGALS3BP O43866:CD5L P01137:TGFB1 P02452:COL1A1""",
}
"""Class of a simulated protein: its members, the best known first; groups share peptides.

The classes follow MISEV2018, Table 3 (transmembrane 1, cytosolic 2, lipoprotein and plasma 3,
compartment 4, corona 5) and the quality panels of plasma [Geyer 2019, doi:10.15252/emmm.201910427].
"""

OTHER = "other"
#: At least this share of the proteins belongs to no panel.
OTHER_SHARE = 1 / 3


def protein_names(n: int) -> pd.DataFrame:
    """Name `n` protein groups: of every class its share, the best known first.

    Beyond the known ones they are openly invented (gene ``SIM1``), with accessions that have
    UniProt's form and that it has never given.

    Returns
    -------
    pandas.DataFrame
        ``protein_group, gene, protein_class``, n rows.
    """
    rows = []
    for protein_class, text in KNOWN.items():
        members = text.split()
        for i, member in enumerate(members):
            group, gene = member.split(":")
            rows.append((group, gene, protein_class, (i + 0.5) / len(members)))
    known = pd.DataFrame(rows, columns=["protein_group", "gene", "protein_class", "place"])
    known = known.sort_values("place", kind="stable").drop(columns="place")
    known = known.head(n - int(n * OTHER_SHARE))
    number = range(1, n - len(known) + 1)
    others = pd.DataFrame(
        {
            "protein_group": [f"S{i // 1000}SIM0P{i % 1000:03d}" for i in number],
            "gene": [f"SIM{i}" for i in number],
            "protein_class": OTHER,
        }
    )
    return pd.concat([known, others], ignore_index=True)
