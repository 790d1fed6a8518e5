// A form for settings: a control for each value, by group, with what it does.
import { h } from '../dom.js'

/**
 * fields edits settings by the fields of groups. Its value is the settings with what
 * was typed; what no group knows stays, and what is left empty is left out.
 */
export function fields(settings, groups) {
  const now = flat(settings)
  const parts = groups.map((g) => ({ title: g.title, controls: g.fields.map((f) => control(f, now[f.path])) }))
  return {
    element: h('div', { class: 'groups' }, parts.map(({ title, controls }) => h('fieldset', null, h('legend', null, title), h('div', { class: 'filters' }, controls.map((c) => c.element))))),
    value: () => {
      const changed = structuredClone(settings)
      for (const c of parts.flatMap((p) => p.controls)) set(changed, c.path.split('.'), c.value())
      return changed
    },
  }
}

function control({ path, label, help, unit, options, type = 'text' }, now) {
  const name = { id: 'set-' + path, name: path, 'aria-describedby': help ? `set-${path}-help` : null }
  const input = options ? choose(name, options, now) : type === 'boolean'
    ? h('input', { ...name, type: 'checkbox', checked: now === 'true' })
    : h('input', { ...name, type: type === 'number' ? 'number' : 'text', step: type === 'number' ? 'any' : null, required: type === 'number' && now !== undefined, value: now, spellcheck: 'false' })
  return {
    path,
    element: h('div', { class: type === 'boolean' ? 'field check' : 'field' }, h('label', { for: name.id }, label), unit ? h('span', { class: 'measured' }, input, h('span', null, unit)) : input, help && h('small', { id: name.id + '-help' }, help)),
    value: () => (type === 'boolean' ? input.checked || (now === undefined ? undefined : false) : read(input.value, type)),
  }
}

const choose = (name, options, now) => h('select', name, [...(now === undefined ? [['', 'not set']] : []), ...Object.entries(options)].map(([v, t]) => h('option', { value: v, selected: v === now }, t)))

function read(text, type) {
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  if (type === 'number') return Number(trimmed)
  return type === 'numbers' ? trimmed.split(',').map(Number) : trimmed
}

// set puts a value at a path, and makes the way there only for a value.
function set(into, [first, ...rest], value) {
  if (rest.length > 0) {
    if (value !== undefined || into[first]) set((into[first] ??= {}), rest, value)
  } else if (value === undefined) delete into[first]
  else into[first] = value
}

/** flat is settings as paths and texts. */
export function flat(v, name = '', into = {}) {
  if (Array.isArray(v) && v.every((x) => typeof x !== 'object')) into[name] = v.join(', ')
  else if (v && typeof v === 'object') for (const [k, x] of Object.entries(v)) flat(x, name ? `${name}.${k}` : k, into)
  else into[name] = String(v)
  return into
}
