// Text that would run, load, break out or mislead if a page showed it as anything but text.
//
// `№` stands for the number of the payload: what runs calls `canary(№)`, asks for an address with `canary` in its
// host, or opens a dialog, and the tests watch for each.

const CALL = 'canary(№)';
const HOST = 'canary№.invalid';

const scripts = [
  `<script>${CALL}</script>`,
  `<SCRIPT>${CALL}</SCRIPT>`,
  `<script src="https://${HOST}/a.js"></script>`,
  `<script type="module">${CALL}</script>`,
  `<scr<script>ipt>${CALL}</scr</script>ipt>`,
  `</script><script>${CALL}</script>`,
  `</script ><script >${CALL}</script >`,
  `</SCRIPT><img src=x onerror=${CALL}>`,
  `<!--<script>${CALL}</script>-->`,
  `--><script>${CALL}</script><!--`,
  `<!--<script>`,
  `]]><script>${CALL}</script>`,
  `<![CDATA[<script>${CALL}</script>]]>`,
  `</textarea><script>${CALL}</script>`,
  `</title><script>${CALL}</script>`,
  `</style><script>${CALL}</script>`,
  `</template><script>${CALL}</script>`,
  `</noscript><script>${CALL}</script>`,
  `</svg><script>${CALL}</script>`,
  `</details></article></main><script>${CALL}</script>`,
];

const handlers = [
  `<img src=x onerror=${CALL}>`,
  `<img src=x onerror="${CALL}"`,
  `<img/src/onerror=${CALL}>`,
  `<IMG """><SCRIPT>${CALL}</SCRIPT>">`,
  `<img srcset="https://${HOST}/a 1x" alt="">`,
  `<body onload=${CALL}>`,
  `<input autofocus onfocus=${CALL}>`,
  `<details open ontoggle=${CALL}>`,
  `<video><source onerror=${CALL}></video>`,
  `<audio src=x onerror=${CALL}>`,
  `<marquee onstart=${CALL}>`,
  `<div onpointerrawupdate=${CALL}>`,
  `<button popovertarget=p onclick=${CALL}>go</button>`,
  `<p style="animation:x" onanimationstart=${CALL}>`,
  `<select onfocus=${CALL} autofocus>`,
  `<iframe srcdoc="<script>parent.${CALL}</script>">`,
  `<iframe src="https://${HOST}/"></iframe>`,
  `<object data="https://${HOST}/a"></object>`,
  `<embed src="https://${HOST}/a">`,
  `<base href="https://${HOST}/">`,
  `<meta http-equiv="refresh" content="0;url=https://${HOST}/">`,
  `<link rel="stylesheet" href="https://${HOST}/a.css">`,
  `<form action="https://${HOST}/"><button>Send</button></form>`,
  `<portal src="https://${HOST}/">`,
];

const addresses = [
  `javascript:${CALL}`,
  `JaVaScRiPt:${CALL}`,
  ` javascript:${CALL}`,
  `java\tscript:${CALL}`,
  `\u0001javascript:${CALL}`,
  `javascript://www.example.org/%0a${CALL}`,
  `data:text/html,<script>${CALL}</script>`,
  `data:image/svg+xml,<svg onload=${CALL}>`,
  `vbscript:msgbox(№)`,
  `file:///etc/passwd`,
  `//${HOST}/a`,
  `https://www.example.org/" onmouseover="${CALL}`,
  `https://www.example.org/' onmouseover='${CALL}`,
  `https://www.example.org/?q=<script>${CALL}</script>`,
  `http://www.example.org/javascript:${CALL}`,
  `<a href="javascript:${CALL}">read</a>`,
  `[read](javascript:${CALL})`,
  `blob:https://${HOST}/1`,
];

const drawings = [
  `<svg onload=${CALL}>`,
  `<svg/onload=${CALL}>`,
  `<svg><script>${CALL}</script></svg>`,
  `<svg><a xlink:href="javascript:${CALL}"><text>x</text></a></svg>`,
  `<svg><animate onbegin=${CALL} attributeName=x dur=1s>`,
  `<svg><set attributeName=href to="javascript:${CALL}">`,
  `<svg><use href="https://${HOST}/a.svg#a"/></svg>`,
  `<svg><image href="https://${HOST}/a.png"/></svg>`,
  `<svg><foreignObject><img src=x onerror=${CALL}></foreignObject></svg>`,
  `<svg><style>@import "https://${HOST}/a.css"</style></svg>`,
  `<math><mtext><table><mglyph><style><img src=x onerror=${CALL}>`,
  `</text></svg><img src=x onerror=${CALL}>`,
];

const attributes = [
  `" onmouseover="${CALL}`,
  `' onmouseover='${CALL}`,
  `" autofocus onfocus="${CALL}" x="`,
  `' autofocus onfocus='${CALL}' x='`,
  '` onmouseover=`' + CALL,
  `"><img src=x onerror=${CALL}>`,
  `'><img src=x onerror=${CALL}>`,
  `x onclick=${CALL}`,
  `&quot; onmouseover=&quot;${CALL}`,
  `&lt;img src=x onerror=${CALL}&gt;`,
  `&#60;script&#62;${CALL}&#60;/script&#62;`,
  `&amp;lt;script&amp;gt;${CALL}&amp;lt;/script&amp;gt;`,
];

const literals = [
  `";${CALL};//`,
  `';${CALL};//`,
  `\\";${CALL};//`,
  `\${${CALL}}`,
  '`;' + CALL + ';`',
  `\\u003cscript\\u003e${CALL}\\u003c/script\\u003e`,
  `\\x3cscript\\x3e${CALL}\\x3c/script\\x3e`,
  `{"__proto__":{"text":"<img src=x onerror=${CALL}>"}}`,
  `__proto__`,
  `constructor`,
  `toString`,
  `line\u2028${CALL}\u2028end`,
  `line\u2029${CALL}\u2029end`,
  `0];${CALL};[0`,
];

const templates = [
  `{{constructor.constructor('${CALL}')()}}`,
  `{%raw%}${CALL}{%endraw%}`,
  `<%= ${CALL} %>`,
  `#{${CALL}}`,
  `[[${CALL}]]`,
  `\${T(java.lang.Runtime)}`,
  `$& $1 $\` $' %s %n {0}`,
  `<template><script>${CALL}</script></template>`,
];

const styles = [
  `<style>@import "https://${HOST}/a.css";</style>`,
  `<style>body{background:url(https://${HOST}/a.png)}</style>`,
  `<p style="background:url(https://${HOST}/a.png)">`,
  `<p style="position:fixed;inset:0;background:red">`,
  `}</style><style>*{display:none}`,
  `expression(${CALL})`,
  `;background:url(https://${HOST}/b.png);`,
];

const marks = [
  `\u202eevil\u202c right to left`,
  `\u2066isolated\u2069 and \u2067turned`,
  `\u200bzero\u200cwidth\u200djoined\ufeff`,
  `<\u200bscript>${CALL}</script>`,
  `\uff1cscript\uff1e${CALL}\uff1c/script\uff1e`,
  `\u001b[31mred\u001b[0m \u0007`,
  `a\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309\u030a\u030b`,
  `=HYPERLINK("https://${HOST}/","read")`,
  `+${CALL}`,
  `@SUM(1)*cmd|' /C calc'!A0`,
];

/** Every payload, numbered. */
export const payloads = [
  scripts, handlers, addresses, drawings, attributes, literals, templates, styles, marks,
].flat().map((text, number) => text.replaceAll('№', String(number)));
