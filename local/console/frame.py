"""What surrounds every page: the bar with the pages, keys, colours, and times in the reader's own zone."""

from nicegui import ui

from local.console.words import BLUE, GREEN, ORANGE, VERMILLION

# A page's address, name and key.
PAGES = (
    ("/", "Now", "1"),
    ("/runs", "Runs", "2"),
    ("/quality", "Quality", "3"),
    ("/business", "Business", "4"),
    ("/ledger", "Ledger", "5"),
    ("/lineage", "Lineage", "6"),
    ("/resources", "Resources", "7"),
    ("/panels", "Panels", "8"),
)

_HEAD = """
<style>
  body { font-variant-numeric: tabular-nums; }
  .hw-page { max-width: 1500px; margin: 0 auto; width: 100%; }
  .hw-grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(290px, 1fr)); width: 100%; }
  .hw-facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem .8rem; }
  .hw-page code { font-size: .85em; } .hw-page details { width: 100%; }
  .hw-page summary { cursor: pointer; display: list-item; }
  .hw-links a { display: inline-block; margin: .1rem .5rem .1rem 0; }
  .hw-scroll { overflow-x: auto; width: 100%; }
  .hw-page .q-btn-group { flex-wrap: wrap; max-width: 100%; }
  .hw-quiet { color: #5c5c5c; } .body--dark .hw-quiet { color: #b8b8b8; }
  .hw-nav a { color: white; text-decoration: none; padding: .35rem .6rem; border-radius: 4px; white-space: nowrap; }
  .hw-nav a:hover, .hw-nav a[aria-current=page] { background: rgb(255 255 255 / .22); }
  .hw-nav { overflow-x: auto; max-width: 100%; }
  .hw-page a, .q-dialog a { color: #00558a; }
  .body--dark .hw-page a, .body--dark .q-dialog a { color: #8fcbff; }
  .body--dark .q-btn--outline, .body--dark .q-btn--flat { --q-primary: #8fcbff; }
  a:focus-visible, button:focus-visible { outline: 3px solid #E69F00; outline-offset: 2px; }
  .hw-page [hidden] { display: none !important; }
  #hw-find { width: 9rem; padding: .2rem .5rem; border-radius: 4px; background: white; color: black; }
  #hw-find::placeholder { color: #5c5c5c; opacity: 1; }
  @media (max-width: 900px) { #hw-find { display: none; } }
  @media (max-width: 700px) { .hw-wide { display: none; } .nicegui-content { padding: .6rem; } }
  @media (prefers-reduced-motion: reduce) { *, ::before, ::after { transition: none !important; } }
</style>
<script>
  (() => {
    const zone = new Intl.DateTimeFormat(undefined, {dateStyle: 'short', timeStyle: 'medium'});
    const own = () => document.querySelectorAll('time[datetime]:not([data-own])').forEach(t => {
      const at = new Date(t.dateTime);
      t.dataset.own = '1';
      if (!isNaN(at)) { t.title = t.dateTime.slice(0, 19).replace('T', ' ') + ' UTC'; t.textContent = zone.format(at); }
    });
    const here = () => document.querySelectorAll('.hw-nav a').forEach(a => {
      const p = new URL(a.href).pathname, at = location.pathname;
      const on = p === '/' ? at === '/' : at === p || at.startsWith(p + '/') || (p === '/runs' && at === '/compare');
      on ? a.setAttribute('aria-current', 'page') : a.removeAttribute('aria-current');
    });
    let hiding = false;
    const find = () => {
      const wanted = (document.getElementById('hw-find')?.value ?? '').trim().toLowerCase();
      if (!wanted && !hiding) return;
      hiding = wanted !== '';
      document.querySelectorAll('.hw-page tbody tr, .hw-page .hw-grid > *, .hw-held').forEach(e => {
        e.hidden = hiding && !e.textContent.toLowerCase().includes(wanted);
      });
    };
    const clear = () => { const field = document.getElementById('hw-find'); if (field) field.value = ''; find(); };
    document.addEventListener('input', e => { if (e.target.id === 'hw-find') find(); });
    document.addEventListener('keydown', e => {
      if (e.target.id === 'hw-find' && e.key === 'Escape') { clear(); e.target.blur(); }
    });
    new MutationObserver(() => { own(); here(); find(); }).observe(document, {childList: true, subtree: true});
    for (const name of ['pushState', 'replaceState']) {
      const before = history[name].bind(history);
      history[name] = (...all) => { before(...all); here(); clear(); };
    }
    addEventListener('popstate', () => setTimeout(here, 0));
    document.addEventListener('DOMContentLoaded', () => {
      const kept = localStorage.getItem('highwater-dark');
      if (kept !== null) setTimeout(() => window.Quasar && Quasar.Dark.set(kept === '1'), 0);
    });
  })();
</script>
"""
_FLIP = (
    "Quasar.Dark.set(!Quasar.Dark.isActive);"
    "localStorage.setItem('highwater-dark', Quasar.Dark.isActive ? '1' : '0')"
)
# A page with more than it shows has a field of its own; else what does not hold the words is hidden.
_FIND = "(document.querySelector('.hw-page .hw-find input') ?? document.getElementById('hw-find'))?.focus()"
_FIELD = '<input id="hw-find" type="search" placeholder="Find" aria-label="Find on this page" title="key /">'


def _keys() -> None:
    """The dialog that tells the keys."""
    with ui.dialog() as dialog, ui.card():
        ui.label("Keys").classes("text-lg font-medium")
        with ui.element("div").classes("hw-facts"):
            for _, name, key in PAGES:
                ui.label(key).classes("font-mono")
                ui.label(name)
            for key, what in (("/", "Find on the page"), ("d", "Dark or light"), ("?", "These keys")):
                ui.label(key).classes("font-mono")
                ui.label(what)
        ui.button("Close", on_click=dialog.close).props("flat")

    def pressed(event) -> None:
        if not event.action.keydown or event.modifiers.ctrl or event.modifiers.alt or event.modifiers.meta:
            return
        for path, _, key in PAGES:
            if event.key.name == key:
                ui.navigate.to(path)
        if event.key.name == "?":
            dialog.open()
        elif event.key.name == "/":
            ui.run_javascript(_FIND)
        elif event.key.name == "d":
            ui.run_javascript(_FLIP)

    ui.keyboard(on_key=pressed)


def frame(stack: str) -> None:
    """The bar and the rest that every page has. `stack`: what is looked at."""
    ui.add_head_html(_HEAD)
    ui.colors(primary=BLUE, positive=GREEN, warning=ORANGE, negative=VERMILLION)
    ui.dark_mode(None)
    with ui.header().classes("items-center gap-1 q-py-xs").style("background: #00446b"):
        ui.label("Highwater").classes("font-medium q-mr-md hw-wide")
        with ui.element("nav").classes("row no-wrap hw-nav").props('aria-label="Pages" tabindex="0"'):
            for path, name, key in PAGES:
                ui.link(name, path).props(f'title="{name}: key {key}"')
        ui.space()
        ui.html(_FIELD, sanitize=False)
        ui.label(stack).classes("hw-wide text-sm")
        ui.button(icon="contrast").on("click", js_handler=f"() => {{ {_FLIP} }}").props(
            'flat round dense color=white aria-label="Dark or light"'
        )
    _keys()
