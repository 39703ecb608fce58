"""The page's style sheet: light and dark, narrow and wide, screen and paper."""

from __future__ import annotations

_LIGHT = """
--page:#f6f7f9;--card:#fff;--ink:#1a1d23;--muted:#555d6b;--edge:#d5d9e0;--code:#f0f2f5;
--link:#0b57b8;--critical:#8a1457;--high:#b3261e;--medium:#8a5300;--low:#1d5c87;
--unknown:#5b4a9c;--pass:#14683a;--mark:#ffe1a8;--attack:#c02626;--soft:#fff5f4;--tint:#eef3fa;
"""
_DARK = """
--page:#12151a;--card:#1b1f26;--ink:#e8eaee;--muted:#a5adba;--edge:#363d49;--code:#262c35;
--link:#8ab8ff;--critical:#ff8fcb;--high:#ff9a92;--medium:#f2c063;--low:#8cc9f5;
--unknown:#c3b5ff;--pass:#79d9a0;--mark:#6b4c00;--attack:#ff7b72;--soft:#2c1d1e;--tint:#1f2733;
"""

_PAGE = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
a{color:var(--link)}
a:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-999px}
.skip:focus{left:8px;top:8px;background:var(--card);padding:8px 12px;z-index:2}
header,nav,main,footer{max-width:1120px;margin:0 auto;padding:0 24px}
header{padding-top:36px}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 4px}
h2{font-size:1.4rem;line-height:1.3;margin:0 0 12px}
h3{font-size:1.12rem;margin:28px 0 10px}
h4{font-size:1rem;margin:20px 0 8px;overflow-wrap:anywhere}
h5{font-size:1rem;margin:0;line-height:1.4}
p{margin:0 0 10px}
.lead,.sub{color:var(--muted)}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
code{font-size:.88em;background:var(--code);padding:.1em .3em;border-radius:4px;
overflow-wrap:anywhere}
pre{font-size:13px;line-height:1.5;background:var(--code);border-radius:6px;padding:10px 12px;
margin:0 0 10px;overflow-x:auto}
nav ul{display:flex;flex-wrap:wrap;gap:6px 18px;list-style:none;margin:18px 0 0;padding:12px 0;
border-top:1px solid var(--edge);border-bottom:1px solid var(--edge)}
main>section{background:var(--card);border:1px solid var(--edge);border-radius:10px;
padding:24px;margin:24px 0}
footer{color:var(--muted);font-size:.9rem;padding-bottom:40px}
dl.meta{display:flex;flex-wrap:wrap;gap:4px 28px;margin:12px 0 0}
dl.meta dt{color:var(--muted);font-size:.82rem}
dl.meta dd{margin:0;overflow-wrap:anywhere}
"""

_SUMMARY = """
.result{display:flex;gap:14px;align-items:baseline;border-left:6px solid var(--ink);
padding:12px 16px;margin:0 0 18px;background:var(--code);border-radius:0 8px 8px 0}
.result strong{font-size:1.15rem}
.result.fail{border-color:var(--high)}.result.pass{border-color:var(--pass)}
.result.unknown{border-color:var(--unknown)}
.counts{display:grid;grid-template-columns:repeat(auto-fit,minmax(120px,1fr));gap:12px;
list-style:none;padding:0;margin:0 0 16px}
.counts li{border:1px solid var(--edge);border-top:4px solid var(--tone,var(--edge));
border-radius:8px;padding:10px 14px}
.counts b{display:block;font-size:1.7rem;line-height:1.15;font-variant-numeric:tabular-nums}
.counts a{color:inherit;text-decoration:none}.counts a:hover{text-decoration:underline}
.counts .critical{--tone:var(--critical)}.counts .high{--tone:var(--high)}
.counts .medium{--tone:var(--medium)}.counts .low{--tone:var(--low)}
.counts .unknown{--tone:var(--unknown)}.counts .zero{--tone:var(--edge);color:var(--muted)}
#problems{border-color:var(--high);border-width:2px;background:var(--soft)}
ul.plain{list-style:none;padding:0;margin:0}
ul.plain>li{padding:10px 0;border-top:1px solid var(--edge);overflow-wrap:anywhere}
ul.plain>li:first-child{border-top:0}
"""

_TABLES = """
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.94rem}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{text-align:left;vertical-align:top;padding:9px 12px;border-bottom:1px solid var(--edge);
overflow-wrap:anywhere}
thead th{color:var(--muted);font-weight:600;font-size:.82rem}
tbody th{font-weight:600}
td.number{text-align:right}
table.checklist th:nth-child(1){width:27%}table.checklist th:nth-child(2){width:7.5rem}
table.standard th:nth-child(1){width:5.5rem}table.standard th:nth-child(2){width:38%}
table.standard th:nth-child(3){width:5.5rem}
.verdict,.badge{white-space:nowrap;font-weight:600}
.verdict.pass{color:var(--pass)}.verdict.fail{color:var(--high)}
.verdict.unknown{color:var(--unknown)}.verdict.other{color:var(--muted)}
.badge{display:inline-block;border:1.5px solid currentColor;border-radius:99px;padding:0 10px;
font-size:.8rem;line-height:1.6}
.badge.critical{color:var(--critical)}.badge.high{color:var(--high)}
.badge.medium{color:var(--medium)}.badge.low{color:var(--low)}.badge.unknown{color:var(--unknown)}
.tally{display:flex;gap:8px 18px;flex-wrap:wrap;margin:0 0 6px}
"""

_FINDINGS = """
article.finding,article.route{border:1px solid var(--edge);border-left:5px solid var(--tone);
border-radius:6px;padding:14px 18px;margin:0 0 14px}
.critical{--tone:var(--critical)}.high{--tone:var(--high)}.medium{--tone:var(--medium)}
.low{--tone:var(--low)}.unknown{--tone:var(--unknown)}
.title{display:flex;flex-wrap:wrap;gap:4px 10px;align-items:baseline;margin-bottom:2px}
.title h4,.title h5{margin:0;flex:1 1 260px;overflow-wrap:anywhere}
.where{color:var(--muted);font-size:.88rem;margin-bottom:10px;overflow-wrap:anywhere}
.where span+span::before{content:"·";margin:0 .5em}
pre.source{padding:8px 0}
pre.source .row{display:block;padding:0 12px;min-width:max-content}
pre.source .row.on{background:var(--tint)}
pre.source .number{display:inline-block;min-width:3.2em;padding-right:1.2em;text-align:right;
color:var(--muted);user-select:none}
pre.source mark{background:var(--mark);color:inherit;border-radius:2px;
border-bottom:2px solid var(--attack)}
pre.source .label{display:block;color:var(--high);padding:2px 12px 0 calc(3.2em + 12px);
white-space:normal}
dl.told{margin:0}
dl.told>div{display:grid;grid-template-columns:7.4rem 1fr;gap:0 12px;padding:3px 0}
dl.told dt{color:var(--muted);font-weight:600;font-size:.9rem}
dl.told dd{margin:0;min-width:0;overflow-wrap:anywhere}
dl.told p:last-child,dl.told pre:last-child{margin-bottom:0}
dl.told ul,dl.told ol{margin:0;padding-left:1.2em}
"""

_GRAPH = """
figure{margin:0 0 18px}
figcaption{color:var(--muted);font-size:.88rem;margin-top:8px}
svg.graph{display:block;height:auto;min-width:760px;max-width:100%}
svg .box rect{fill:var(--card);stroke:var(--muted);stroke-width:1.3}
svg .box text{fill:var(--ink);font:600 13px system-ui,"Liberation Sans",sans-serif;
text-anchor:middle}
svg .box text.detail{fill:var(--muted);font-weight:400;font-size:11.5px}
svg .network rect{fill:var(--code);stroke-dasharray:5 3}
svg .internet rect{fill:var(--ink);stroke:var(--ink)}svg .internet text{fill:var(--card)}
svg .store rect{stroke:var(--low);stroke-width:2.4}
svg .host rect{stroke:var(--attack);stroke-width:2.4}
svg .line path{fill:none;stroke:var(--muted);stroke-width:1.3;opacity:.75}
svg .line.attack path{stroke:var(--attack);stroke-width:2.6;opacity:1}
svg .arrow path{fill:var(--muted);opacity:1}svg .arrow.attack path{fill:var(--attack)}
svg .line:hover path{stroke-width:4}
.legend{display:flex;flex-wrap:wrap;gap:4px 20px;list-style:none;padding:0;margin:8px 0 0;
font-size:.88rem;color:var(--muted)}
.legend svg{vertical-align:middle;margin-right:6px}
ol.steps{margin:6px 0 10px;padding-left:1.5em}
ol.steps li{padding:2px 0;overflow-wrap:anywhere}
ol.steps .at{color:var(--muted);font-size:.86rem}
"""

_IMAGES = """
figure.layers{margin:0 0 10px}
figure.layers svg{display:block;width:100%;height:auto;min-height:70px}
svg .bar rect{fill:var(--code);stroke:var(--tone,var(--muted));stroke-width:2}
svg .bar text{fill:var(--ink);font:600 14px system-ui,"Liberation Sans",sans-serif;
text-anchor:middle}
svg .bar text.detail,svg .bracket text{font-weight:400;font-size:12px;fill:var(--muted);
text-anchor:middle}
svg .bracket text{font-family:system-ui,"Liberation Sans",sans-serif}
svg .bracket path{fill:none;stroke:var(--muted);stroke-width:1.3}
svg .bar.critical rect,svg .bar.high rect,svg .bar.medium rect,svg .bar.low rect{
fill:var(--tone);fill-opacity:.22}
.unit{display:none}
.share{display:block;height:6px;background:var(--code);border-radius:3px;margin-top:4px}
.share span{display:block;height:6px;min-width:2px;background:var(--muted);border-radius:3px}
table.layers th:nth-child(1){width:5.5rem}table.layers th:nth-child(3){width:7.5rem}
table.layers th:nth-child(4){width:6.6rem}table.layers th:nth-child(5){width:14rem}
ol.todo{padding-left:1.6em;margin:0 0 12px}ol.todo>li{padding:4px 0}
ol.todo p{margin:0 0 4px}ol.todo pre{white-space:pre-wrap;overflow-wrap:anywhere}
summary{cursor:pointer;padding:4px 0}
ul.changes{list-style:none;padding:0 0 0 4px;margin:4px 0 12px}
ul.changes li{padding:2px 0;overflow-wrap:anywhere}ul.changes b{font-family:monospace}
.sorted>label{display:inline-block;padding:2px 12px;margin:0 0 8px 6px;border-radius:99px;
border:1px solid var(--edge);font-size:.88rem;cursor:pointer}
.sorted>input{position:absolute;opacity:0}
.sorted>input:checked+label{border-color:var(--link);color:var(--link);font-weight:600}
.sorted>input:focus-visible+label{outline:3px solid var(--link);outline-offset:2px}
table.flaws,table.flaws thead,table.flaws tbody{display:block}
table.flaws{min-width:720px}
table.flaws tbody{display:flex;flex-direction:column}
table.flaws tr{display:grid;grid-template-columns:7rem minmax(11rem,2fr) minmax(8rem,1.3fr)
minmax(6rem,1fr) minmax(6rem,1fr) 4.4rem 5rem}
table.flaws td,table.flaws th{min-width:0}
.by-urgency:checked~.scroll tr{order:var(--u)}.by-package:checked~.scroll tr{order:var(--p)}
.by-flaw:checked~.scroll tr{order:var(--f)}.by-layer:checked~.scroll tr{order:var(--l)}
"""

_NARROW = """
@media (max-width:640px){
header,nav,main,footer{padding-left:14px;padding-right:14px}
main>section{padding:16px 14px}
h1{font-size:1.5rem}
dl.told>div{grid-template-columns:1fr}
table.checklist,table.checklist tbody,table.checklist tr,table.checklist th,table.checklist td,
table.list,table.list tbody,table.list tr,table.list th,table.list td,
table.standard,table.standard tbody,table.standard tr,table.standard th,table.standard td
{display:block;width:auto!important;border:0;padding:1px 0}
table.checklist thead,table.standard thead,table.list thead{display:none}
table.checklist tr,table.standard tr,table.list tr{border-bottom:1px solid var(--edge);
padding:10px 0}
figure .scroll{margin:0 -14px;padding:0 14px}
table.flaws{min-width:0}
.unit{display:inline}
}
"""

_PAPER = """
@media print{
@page{margin:16mm 14mm}
html{font-size:12.5px}
body{background:#fff;font-size:1rem}
header{margin-bottom:18pt}
header,nav,main,footer{max-width:none;padding:0}
nav,.skip{display:none}
main>section{border:0;border-radius:0;padding:0;margin:0 0 18pt;background:none}
#problems{border:1.5pt solid var(--high);padding:8pt}
article,tr,figure,.result,.counts{break-inside:avoid}
article.long{break-inside:auto}
h2,h3,h4,h5,.where{break-after:avoid}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.85rem}
pre.source .row{min-width:0}
.scroll{overflow:visible}
svg.graph{min-width:0;width:100%}
a{color:inherit;text-decoration:none}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
"""

STYLE = "".join(
    (
        f":root{{color-scheme:light dark;{_LIGHT}}}",
        f"@media screen and (prefers-color-scheme:dark){{:root{{{_DARK}}}}}",
        _PAGE,
        _SUMMARY,
        _TABLES,
        _FINDINGS,
        _GRAPH,
        _IMAGES,
        _NARROW,
        _PAPER,
    )
).replace("\n", "")
"""On paper it is always light. One line: newlines would only add bytes."""
