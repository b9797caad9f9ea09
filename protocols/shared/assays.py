"""Words by which laboratories name an assay for minimal residual disease."""

FLOW = ("flow", "mfc", "fcm", "cytometr")
NGS = ("ngs", "sequencing", "clonoseq")
