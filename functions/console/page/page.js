// A view that stays true: it loads, draws, and loads again when something happens
// that it is about, or when time has passed. When it cannot, it keeps what it has
// and says how old that is.
import { h, show, note } from './dom.js'
import { age, span, at } from './format.js'
import { listen, watch, now } from './live.js'

const brief = 400 // ms between two loads, however much happens
const seldom = 300 // seconds between two loads while nothing happens
const deafly = 5 // seconds between two loads while nobody tells what happens

/** Page is one opened view, from its title to its last timer. */
export class Page {
  #ends = []
  #open = true
  #timer
  #due
  #busy = false
  #again = false
  #loaded = 0
  #problem = null

  /** params are the parts of the address that a view is about, query what follows. */
  constructor(place, title, params, query) {
    Object.assign(this, { params, query })
    this.head = h('h1', { id: 'title' }, title)
    this.stamp = h('p', { class: 'stamp', id: 'stamp' })
    this.tools = h('div', { class: 'tools' })
    this.body = h('div', { class: 'view' }, h('p', { class: 'empty loading' }, 'Loading …'))
    place.replaceChildren(h('div', { class: 'title' }, this.head, this.stamp, this.tools), this.body)
    const clock = setInterval(() => this.#tick(), 1000)
    this.onEnd(() => clearInterval(clock))
  }

  /** name changes the title. */
  name(...title) {
    show(this.head, ...title)
    document.title = this.head.textContent + ' · lastmile'
  }

  /** onEnd has f called when the view is left. */
  onEnd(f) {
    this.#ends.push(f)
  }

  end() {
    this.#open = false
    clearTimeout(this.#timer)
    clearTimeout(this.#due)
    for (const f of this.#ends) f()
  }

  /** watch joins a topic of the gateway while the view is open. */
  watch(topic) {
    this.onEnd(watch(topic))
  }

  /** hear has f called with each event while the view is open. */
  hear(f) {
    this.onEnd(listen(f))
  }

  /**
   * keep loads and draws, and again when something happens that the view is about:
   * an event for which on says so, or whatever leaves a record that names one of
   * about. So nothing is asked for as long as nothing happens, but for what nobody
   * can tell, every so many seconds. Between two loads are calm milliseconds.
   */
  keep(load, draw, { on = () => false, about = [], every = seldom, calm = brief } = {}) {
    Object.assign(this, { load, draw, every, calm })
    this.hear((f) => (f.t === 'connection.resumed' || on(f) || touches(f, about)) && this.soon())
    return this.refresh()
  }

  /** soon loads again, together with whatever else happens meanwhile. */
  soon() {
    this.#due ??= setTimeout(() => {
      this.#due = null
      this.refresh()
    }, this.calm)
  }

  async refresh() {
    if (this.#busy) return void (this.#again = true)
    this.#busy = true
    clearTimeout(this.#timer)
    try {
      this.data = await this.load()
      this.#loaded = Date.now()
      this.#problem = null
    } catch (problem) {
      this.#problem = problem
    }
    this.#busy = false
    if (!this.#open) return
    this.redraw()
    if (this.#again) {
      this.#again = false
      return this.soon()
    }
    this.#timer = setTimeout(() => (document.hidden ? this.#whenSeen() : this.refresh()), this.#pause())
  }

  // #pause is shorter while the gateway does not tell what happens.
  #pause() {
    return 1000 * (now().state === 'live' ? this.every : Math.min(this.every, deafly))
  }

  #whenSeen() {
    document.addEventListener('visibilitychange', () => this.#open && this.refresh(), { once: true })
  }

  /** redraw draws what is there. */
  redraw() {
    if (this.data !== undefined) show(this.body, ...[this.draw(this.data)].flat())
    else if (this.#problem) show(this.body, h('p', { class: 'empty problem', role: 'alert' }, this.#problem.message))
    this.#tick()
  }

  #tick() {
    age(document.body)
    const old = (Date.now() - this.#loaded) / 1000
    const deaf = now().state === 'lost' && old > 3 // nobody would tell us of news
    const stale = this.#loaded && (this.#problem || deaf || old > 3 * this.every)
    this.stamp.dataset.state = stale ? 'stale' : 'fresh'
    const text = !this.#loaded ? '' : stale ? [`Old data: of ${span(old)} ago. `, this.#problem?.message ?? ''] : ['as of ', at(this.#loaded)]
    show(this.stamp, ...[text].flat())
  }

  /** act does something that changes things, tells how it went, and loads again. */
  async act(what, f) {
    try {
      const result = await f()
      note(what)
      this.refresh()
      return result
    } catch (problem) {
      note([problem.message, ...problem.details ?? []].join(': '), 'bad')
      return null
    }
  }
}

// touches tells whether an event says that records were kept of any of these: by
// name, or by a path above or below.
function touches(f, about) {
  if (f.t !== 'records.kept') return false
  const near = (a, b) => a === b || (a[0] === '/' && (a.startsWith(b + '/') || b.startsWith(a + '/')))
  return f.d.more || f.d.about.some((a) => about.some((b) => near(a, b)))
}
