// Settings that people change: a field for each value, what differs shown before
// it counts, and who changed what when.
import { h, table, row, show, ask, note, words } from '../dom.js'
import { at } from '../format.js'
import { put } from '../api.js'

/**
 * settings shows settings of a version, and lets them be changed. form is fields
 * or text: how they are edited; path is where they are stored.
 */
export function settings(page, { path, stored, form = fields, counts, look }) {
  const { body, tag } = stored
  const place = h('div', { 'data-own': 'settings-' + body.version })
  const read = () => {
    delete place.dataset.busy
    show(place, h('p', { class: 'actions start' }, `Version ${body.version}${body.by ? ' by ' + body.by : ''} `, body.at && !body.at.startsWith('0001') && at(body.at), h('button', { type: 'button', class: 'quiet', onclick: edit }, 'Change')), look(body.settings))
  }
  const edit = () => {
    const fault = h('p', { class: 'problem', id: 'settings-fault', role: 'alert' })
    const { element, value } = form(body.settings)
    place.dataset.busy = '' // what somebody else stores meanwhile is told when this is stored
    place.replaceChildren(h('form', { class: 'editor', onsubmit: async (e) => {
      e.preventDefault()
      const wrong = await store({ path, tag, before: body.settings, value, counts })
      fault.textContent = wrong ?? ''
      if (wrong === null) {
        read()
        page.refresh()
      }
    } }, element, fault, h('div', { class: 'actions' }, h('button', { type: 'button', class: 'quiet', onclick: read }, 'Back'), h('button', { type: 'submit', class: 'main' }, 'Save'))))
    element.querySelector('input, textarea, select')?.focus()
  }
  read()
  return place
}

// store shows what changes, and stores it once that is confirmed. It returns null
// then, and else what was wrong.
async function store({ path, tag, before, value, counts }) {
  try {
    const after = value()
    const changes = differences(after, before)
    if (changes.length === 0) return 'Nothing has changed.'
    const said = table('Differences', ['Field', 'Now', 'Then'], changes.map(([k, was, is]) => row(k, k, was, h('span', { class: 'changed' }, is))))
    if (!(await ask({ title: 'This is what changes', text: [said, h('p', null, counts)], action: 'Store it' }))) return ''
    const { version } = await put(path, after, tag)
    note(`Version ${version} is stored`)
    return null
  } catch (problem) {
    return problem.status === 412 ? 'Somebody else has changed this since. Copy what you need, go back, and change it anew.' : [problem.message, ...problem.details ?? []].join(': ')
  }
}

/** text edits settings as JSON. */
export function text(value) {
  const area = h('textarea', { id: 'settings', spellcheck: 'false', 'aria-describedby': 'settings-fault' })
  area.value = JSON.stringify(value, null, 2)
  return { element: h('div', null, h('label', { for: 'settings' }, 'Settings, as JSON'), area), value: () => JSON.parse(area.value) }
}

/** fields edits settings by a control for each value; groups of them are framed. */
export function fields(value, name = '') {
  const parts = Object.entries(value).map(([key, v]) => [key, control(v, name ? `${name}.${key}` : key, key)])
  const inner = h('div', { class: 'filters' }, parts.map(([, p]) => p.element))
  return { element: name ? h('fieldset', null, h('legend', null, words(name.split('.').pop())), inner) : inner, value: () => Object.fromEntries(parts.map(([key, p]) => [key, p.value()])) }
}

function control(v, name, key) {
  if (v && typeof v === 'object' && !Array.isArray(v)) return fields(v, name)
  const id = 'set-' + name
  const many = Array.isArray(v)
  const kind = typeof v === 'number' ? { type: 'number', step: 'any', required: true } : typeof v === 'boolean' ? { type: 'checkbox', checked: v } : { type: 'text' }
  const input = h('input', { id, name, ...kind, value: many ? v.join(', ') : v })
  return {
    element: h('div', { class: 'field' }, h('label', { for: id }, words(key)), input),
    value: () => (many ? input.value.split(',').map((x) => x.trim()).filter(Boolean).map((x) => (typeof v[0] === 'number' ? Number(x) : x)) : typeof v === 'number' ? Number(input.value) : typeof v === 'boolean' ? input.checked : input.value),
  }
}

/** values shows settings as names and values. */
export function values(settings) {
  return table('Settings', ['Setting', 'Value'], Object.entries(flat(settings)).map(([k, v]) => row(k, k.split('.').map(words).join(' · '), v)))
}

/** history shows the versions of settings, and what each changed. */
export function history(versions) {
  return table('Versions', ['Version', 'By', 'When', 'What changed'], versions.map((v, i) => row('v' + v.version, String(v.version), v.by, at(v.at), changed(v.settings, versions[i + 1]?.settings))), 'Nobody has changed anything yet')
}

function changed(now, before) {
  if (!before) return 'first'
  return h('ul', null, differences(now, before).map(([k, was, is]) => h('li', null, k, ': ', was, ' → ', is)))
}

// differences are the names of what differs, with what it was and is.
function differences(now, before) {
  const [a, b] = [flat(now), flat(before)]
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((k) => a[k] !== b[k]).map((k) => [k, b[k] ?? 'nothing', a[k] ?? 'nothing'])
}

function flat(v, name = '', into = {}) {
  if (Array.isArray(v) && v.every((x) => typeof x !== 'object')) into[name] = v.join(', ')
  else if (v && typeof v === 'object') for (const [k, x] of Object.entries(v)) flat(x, name ? `${name}.${k}` : k, into)
  else into[name] = String(v)
  return into
}
