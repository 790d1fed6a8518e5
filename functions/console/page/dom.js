// What all views are made of: elements, how a new version of them takes the place
// of the old one, dialogs and notes.

/**
 * h makes an element. Names that begin with "on" are listeners; false, null and
 * undefined leave an attribute or a child out.
 */
export function h(tag, props, ...children) {
  const el = document.createElement(tag)
  el.listeners = {}
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name.startsWith('on')) listen(el, name.slice(2), value)
    else if (name === 'value') el.value = value ?? ''
    else if (value !== false && value != null) el.setAttribute(name, value === true ? '' : value)
  }
  el.append(...children.flat(3).filter((c) => c != null && c !== false && c !== ''))
  return el
}

/** svg makes an element of a chart. */
export function svg(tag, props, ...children) {
  const el = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [k, v] of Object.entries(props ?? {})) el.setAttribute(k, v)
  el.append(...children.flat(3))
  return el
}

function listen(el, type, f) {
  if (!(type in el.listeners)) el.addEventListener(type, (e) => el.listeners[type]?.(e))
  el.listeners[type] = f
}

/**
 * update makes old look like fresh, and keeps what did not change: focus, selection
 * and scroll stay where they are. Children with a data-key are found again by it.
 * What a person is typing into is left alone, and so is what has data-own: it is
 * replaced when that becomes another, unless it has data-busy.
 */
export function update(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) return old.replaceWith(fresh)
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data
    return
  }
  if (old.dataset.own !== undefined) {
    if (old.dataset.busy === undefined && fresh.dataset.own !== old.dataset.own) old.replaceWith(fresh)
    return
  }
  attributes(old, fresh)
  for (const [type, f] of Object.entries(fresh.listeners ?? {})) listen((old.listeners ??= {}, old), type, f)
  children(old, [...fresh.childNodes])
}

function attributes(old, fresh) {
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !(name === 'open' && old.nodeName === 'DETAILS')) old.removeAttribute(name)
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value)
  if (old.nodeName === 'SELECT' || old.nodeName === 'INPUT' || old.nodeName === 'TEXTAREA') return
  if ('value' in fresh && old.value !== fresh.value) old.value = fresh.value
}

function children(old, fresh) {
  const kept = new Map()
  for (const c of old.childNodes) if (c.dataset?.key) kept.set(c.dataset.key, c)
  let at = old.firstChild
  for (const next of fresh) {
    const same = next.dataset?.key ? kept.get(next.dataset.key) : at?.dataset?.key ? null : at
    if (!same) {
      old.insertBefore(next, at)
      continue
    }
    if (same !== at) old.insertBefore(same, at)
    else at = at.nextSibling
    update(same, next)
  }
  while (at) {
    const gone = at
    at = at.nextSibling
    gone.remove()
  }
}

/** show makes children the content of a place, by way of update. */
export function show(place, ...content) {
  children(place, [...h('div', null, ...content).childNodes])
}

/** note tells what has happened, for some seconds, to readers of screens too. */
export function note(text, kind = 'good') {
  const n = h('p', { class: `toast ${kind}` }, text)
  document.getElementById('toasts').append(n)
  setTimeout(() => n.remove(), 6000)
}

/**
 * ask opens a dialog and resolves to what its form holds, or to null when it is
 * dismissed. Fields are elements with a name.
 */
export function ask({ title, text, fields = [], action, danger = false }) {
  return new Promise((resolve) => {
    const answer = (value) => {
      removeEventListener('hashchange', leave)
      resolve(value)
      dialog.remove()
    }
    const leave = () => answer(null) // what it is about is not on screen any more
    addEventListener('hashchange', leave)
    const form = h('form', { method: 'dialog', onsubmit: (e) => {
      e.preventDefault()
      answer(Object.fromEntries(new FormData(form)))
    } },
    h('h2', { id: 'ask-title' }, title), text && h('div', { class: 'prose' }, text), fields,
    h('div', { class: 'actions' },
      h('button', { type: 'button', class: 'quiet', onclick: () => answer(null) }, 'Back'),
      h('button', { type: 'submit', class: danger ? 'danger' : 'main' }, action)))
    const dialog = h('dialog', { 'aria-labelledby': 'ask-title', oncancel: () => answer(null) }, form)
    document.body.append(dialog)
    dialog.showModal()
    form.querySelector('input, select, textarea, .actions button').focus()
  })
}

/** field is a labelled control. */
export function field(label, control, hint) {
  control.id ||= 'field-' + label.toLowerCase().replace(/\W+/g, '-')
  if (hint) control.setAttribute('aria-describedby', control.id + '-hint')
  return h('div', { class: 'field' }, h('label', { for: control.id }, label), control, hint && h('small', { id: control.id + '-hint' }, hint))
}

/** choice is a select of values; the empty one says what no choice means. */
export function choice(label, values, value, onchange, all = 'all') {
  const options = [['', all], ...values.map((v) => (Array.isArray(v) ? v : [v, words(v)]))]
  const s = h('select', { 'aria-label': label, onchange: (e) => onchange(e.target.value) }, options.map(([v, t]) => h('option', { value: v, selected: v === value }, t)))
  return h('label', { class: 'choice' }, h('span', null, label), s)
}

/** table has a caption for readers of screens, and rows of cells. */
export function table(caption, heads, rows, none = 'Nothing here') {
  if (rows.length === 0) return h('p', { class: 'empty' }, none)
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    h('table', null, h('caption', { class: 'hidden' }, caption),
      h('thead', null, h('tr', null, heads.map((t) => (t instanceof Node ? t : h('th', { scope: 'col', class: t.endsWith('#') ? 'number' : null }, t.replace('#', '')))))),
      h('tbody', null, rows)))
}

/** row is one line of a table; its key finds it again when the table changes. */
export function row(key, ...cells) {
  return h('tr', { 'data-key': key }, cells.map((c, i) => cell(c, i)))
}

function cell(c, i) {
  if (c instanceof Node && c.nodeName === 'TD') return c
  return i === 0 ? h('th', { scope: 'row' }, c ?? '') : h('td', null, c ?? '')
}

/** number is a cell whose digits line up. */
export const number = (v) => h('td', { class: 'number' }, v ?? '')

/** chip shows a state: by its word, and by a colour. */
export const chip = (state, label) => (state ? h('span', { class: 'chip', 'data-state': state }, label ?? words(state)) : '')

/** words turns a name such as picked_up into words. */
export const words = (s) => String(s ?? '').replace(/[_.]/g, ' ').replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()

/** title begins with a capital, as the names of buttons do. */
export const title = (s) => words(s).replace(/^./, (c) => c.toUpperCase())

/** link leads to a view. */
export const link = (to, text) => h('a', { href: '#' + to }, text)

/** facts is a list of names and values; those without a value are left out. */
export function facts(pairs) {
  return h('dl', { class: 'facts' }, pairs.filter(([, v]) => v != null && v !== '' && v !== false).map(([k, v]) => h('div', null, h('dt', null, k), h('dd', null, v))))
}
