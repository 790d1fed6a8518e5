// The frame around the views: where they are, who has signed in, and how the
// connection is.
import { h, show, field, note } from './dom.js'
import { signIn, signedIn, setToken, onIdentity, call } from './api.js'
import { watchState, now } from './live.js'
import { span } from './format.js'
import { Page } from './page.js'

// Views by address. A part that begins with a colon is a parameter.
const views = [
  ['/', 'Map', 'map'],
  ['/orders', 'Orders', 'orders'],
  ['/orders/:order', 'Order', 'order'],
  ['/dispatch', 'Dispatch', 'dispatch'],
  ['/rounds/:round', 'Round', 'round'],
  ['/couriers', 'Couriers', 'couriers'],
  ['/couriers/:courier', 'Courier', 'courier'],
  ['/campaigns', 'Campaigns', 'campaigns'],
  ['/campaigns/:campaign', 'Campaign', 'campaign'],
  ['/catalogues', 'Catalogues', 'catalogues'],
  ['/catalogues/:shop', 'Catalogue', 'catalogue'],
  ['/jobs', 'Jobs', 'jobs'],
  ['/jobs/:job', 'Job', 'job'],
  ['/deadletters', 'Dead letters', 'deadletters'],
  ['/deadletters/:letter', 'Dead letter', 'deadletter'],
  ['/logs', 'Logs', 'logs'],
  ['/slow', 'Slow calls', 'slow'],
  ['/pushes', 'Notifications', 'pushes'],
  ['/system', 'System', 'system'],
  ['/settings', 'Settings', 'settings'],
  ['/settings/scores', 'What scores are made by', 'scoring'],
  ['/settings/zones/:zone', 'Dispatch', 'zone'],
  ['/cutovers', 'Cut-overs', 'cutovers'],
]

const main = document.getElementById('main')
let page

/** route opens the view of the address, and again whenever that changes. */
export function route() {
  drawNav()
  addEventListener('hashchange', () => open(true))
  onIdentity(() => open(false))
  watchState(pulse)
  setInterval(pulse, 1000)
  pulse()
  open(false)
}

function address() {
  const [path, query] = (location.hash.slice(1) || '/').split('?')
  return [path, Object.fromEntries(new URLSearchParams(query))]
}

function match(path) {
  const parts = path.split('/')
  for (const [pattern, title, module] of views) {
    const names = pattern.split('/')
    if (names.length !== parts.length) continue
    const params = {}
    if (names.every((n, i) => (n[0] === ':' ? (params[n.slice(1)] = decodeURIComponent(parts[i])) : n === parts[i]))) return { title, module, params }
  }
  return null
}

let opening = 0

async function open(focus) {
  page?.end()
  page = null
  const mine = ++opening
  for (const id of ['leave', 'find', 'nav']) document.getElementById(id).hidden = !signedIn()
  if (!signedIn()) return drawSignIn()
  const [path, query] = address()
  drawNav(path)
  const found = match(path)
  if (!found) return main.replaceChildren(h('div', { class: 'title' }, h('h1', null, 'No such view')), h('p', { class: 'empty' }, h('a', { href: '#/' }, 'Go to the map')))
  document.title = found.title + ' · lastmile'
  const module = await import(`./views/${found.module}.js`)
  if (mine !== opening) return
  page = new Page(main, found.title, found.params, query)
  main.dataset.view = path
  module.open(page)
  if (focus) main.focus({ preventScroll: true })
  scrollTo(0, 0)
}

/** go changes the query of the address, which opens the view anew. */
export function go(path, query) {
  const kept = new URLSearchParams(Object.entries(query ?? {}).filter(([, v]) => v))
  location.hash = kept.size ? `${path}?${kept}` : path
}

function drawNav(path = '/') {
  const at = '/' + path.split('/')[1]
  const group = new Set(['/campaigns', '/deadletters', '/settings']) // these begin one
  const items = views.filter(([p]) => p.lastIndexOf('/') === 0).map(([p, title]) => h('li', { class: group.has(p) ? 'group' : null }, h('a', { href: '#' + p, 'aria-current': p === at || (at === '/rounds' && p === '/dispatch') ? 'page' : null }, title)))
  const nav = document.getElementById('nav')
  show(nav, h('ul', null, items))
  nav.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
}

// pulse tells how the connection is.
function pulse() {
  const { state, lostAt } = now()
  const lost = lostAt ? span(Math.max(1, (Date.now() - lostAt) / 1000)) : ''
  const text = {
    off: 'signed out', opening: 'connecting', live: 'live',
    lost: `connection lost ${lost} ago; trying again`,
    polling: 'asking every 5 s',
  }[state]
  const p = document.getElementById('pulse')
  if (p.dataset.state === state && p.textContent === text) return
  p.dataset.state = state
  p.setAttribute('aria-live', state === 'lost' && lost !== '1.0 s' ? 'off' : 'polite')
  show(p, h('span', null, text))
}

function drawSignIn() {
  drawNav('')
  document.title = 'Sign in · lastmile'
  const secret = h('input', { id: 'secret', type: 'password', autocomplete: 'current-password', required: true, spellcheck: 'false' })
  const problem = h('p', { class: 'problem', role: 'alert' })
  const form = h('form', { class: 'sign-in', onsubmit: async (e) => {
    e.preventDefault()
    try {
      await signIn(secret.value.trim())
    } catch (p) {
      problem.textContent = p.status === 401 ? 'This is none of an operator, or it has ended.' : p.message
      secret.select()
    }
  } },
  h('h1', null, 'Operations console'),
  field('Token', secret, 'An identity token of your provider, or the token of a session. On a laptop: the one that go run ./emulators prints.'),
  problem,
  h('button', { type: 'submit', class: 'main' }, 'Sign in'))
  main.replaceChildren(form)
  secret.focus()
}

document.getElementById('leave').addEventListener('click', async () => {
  try {
    const { current } = await call('GET', '/v1/sessions')
    if (current) await call('DELETE', '/v1/sessions/' + current)
  } catch (problem) {
    note(problem.message, 'bad')
  }
  setToken(null)
})

// The skip link is no view: it only moves the focus.
document.querySelector('.skip').addEventListener('click', (e) => {
  e.preventDefault()
  main.focus()
})

// find goes to what a word names: with a kind, as in courier:7, or an order.
document.getElementById('find').addEventListener('submit', (e) => {
  e.preventDefault()
  const text = document.getElementById('find-text').value.trim()
  const [kind, id] = text.includes(':') ? text.split(/:(.*)/s) : ['order', text]
  const to = { order: '/orders/', courier: '/couriers/', job: '/jobs/', campaign: '/campaigns/', shop: '/catalogues/', round: '/rounds/' }[kind]
  if (!id) return
  location.hash = kind === 'request' ? '/logs?request=' + encodeURIComponent(id) : to ? to + encodeURIComponent(id) : '/logs?entity=' + encodeURIComponent(text)
})

addEventListener('keydown', (e) => {
  if (e.key !== '/' || e.target.closest('input, textarea, select, dialog')) return
  e.preventDefault()
  document.getElementById('find-text').focus()
})
