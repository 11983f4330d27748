(section (atx_heading . (_) @kind heading_content: (_) @name) @definition)
(section (setext_heading heading_content: (_) @name [(setext_h1_underline) (setext_h2_underline)] @kind) @definition)
