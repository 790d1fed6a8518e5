// Records of all services, by what they are about.
import { h, choice, show, field } from '../dom.js'
import { get } from '../api.js'
import { go } from '../frame.js'
import { more } from './more.js'
import { records } from './records.js'

const names = [['entity', 'About, as order:12'], ['service', 'Service'], ['operation', 'Operation'], ['request', 'Request'], ['trace', 'Trace'], ['caller', 'Caller'], ['class', 'Error class']]

export function open(page) {
  const q = page.query
  const list = more((cursor) => get('/v1/logs', { ...q, cursor, limit: 100 }), 'records')
  show(page.tools, choice('Level', ['DEBUG', 'INFO', 'WARNING', 'ERROR'], q.level, (level) => go('/logs', { ...q, level })), choice('State', ['started', 'ok', 'error'], q.state, (state) => go('/logs', { ...q, state })), choice('Order', ['newest', 'oldest'], q.order, (order) => go('/logs', { ...q, order }), 'as fits'))
  const form = h('form', { class: 'filters', 'data-own': 'filters', onsubmit: (e) => {
    e.preventDefault()
    go('/logs', { ...q, ...Object.fromEntries(new FormData(form)) })
  } }, names.map(([name, label]) => field(label, h('input', { name, value: q[name], maxlength: 256, spellcheck: 'false' }))), h('button', { type: 'submit', class: 'main' }, 'Search'))
  page.keep(list.load, (found) => [form, records(found), list.button(page)], { on: (f) => f.t === 'records.kept' })
}
