"""Pages of HTML for whole jobs: the invented articles of the annotated corpus, dressed as a newspaper's site would.

`pages.py FOLDER COUNT`. Each article comes once; the same count gives the same bytes. Headline, date and paragraphs
stand where every extractor looks for them.
"""

import html
import sys
from pathlib import Path

import shipped

PAGE = """<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<title>{headline} | The Wendover Ledger</title>
<meta property="og:title" content="{headline}">
<meta property="og:type" content="article">
<meta property="og:site_name" content="The Wendover Ledger">
<meta property="article:published_time" content="{date}T06:00:00Z">
</head>
<body>
<header><a href="/">The Wendover Ledger</a>
<nav><ul><li><a href="/news">News</a></li><li><a href="/sport">Sport</a></li><li><a href="/what-is-on">What is on</a>
</li><li><a href="/weather">Weather</a></li><li><a href="/jobs">Jobs</a></li></ul></nav></header>
<main>
<article>
<h1>{headline}</h1>
<p class="byline">By Rowan Ashdown, <time datetime="{date}">{date}</time></p>
{paragraphs}
</article>
<aside><h2>Most read</h2><ol><li><a href="/a">Market returns to the square</a></li>
<li><a href="/b">Bypass closed for a fortnight</a></li><li><a href="/c">Choir wins at last</a></li></ol></aside>
</main>
<footer><p>© The Wendover Ledger. <a href="/terms">Terms</a> <a href="/privacy">Privacy</a>
<a href="/contact">Contact us</a></p></footer>
</body>
</html>
"""


def articles():
    """Passages of each article, in order, training articles first."""
    found = {}
    for split in ("train", "dev", "test"):
        for row in shipped.annotated(split):
            found.setdefault(row["article"], []).append(row)
    return list(found.values())


def write(folder, count):
    """Writes the pages; at most one per article."""
    folder.mkdir(parents=True, exist_ok=True)
    known = articles()
    if count > len(known):
        raise SystemExit(f"there are {len(known)} articles, not {count}")
    for number, rows in enumerate(known[:count]):
        # The corpus has years only; months and days are spread over them.
        date = f"{rows[0]['year']}-{1 + number % 12:02}-{1 + number % 28:02}"
        page = PAGE.format(
            headline=html.escape(rows[0]["headline"] or f"Report {number}"),
            date=date,
            paragraphs="\n".join(f"<p>{html.escape(row['text'])}</p>" for row in rows),
        )
        (folder / f"{number:05}.html").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
