// SPDX-License-Identifier: MIT
/*
 * What the page knows about picture, relay and camera, the state that makes,
 * and when it starts the player anew. Pure: times are arguments, in
 * milliseconds of a clock that never goes back.
 */
import { Backoff } from './backoff.js';

/* A frame may be late by this much before we say so. */
const STALL = 1500;
/* A player that shows nothing for this long, though it could, is replaced. */
const PATIENCE = 3000;
const MOST_PATIENCE = 12000;
/* After the machine slept. */
const AWAKE = 1000;
/* A sleeping camera is not to miss that somebody waits for it. */
const AGAIN = 1000;
/* By then a sleeping camera has asked even a relay that has just started. */
const HOPE = 12000;
/* The relay holds its requests, so its player has more time. */
const WAKE_PATIENCE = 30000;
/* A picture that lasted this long ends the search for one. */
const SETTLED = 10000;

export class Watch {
  constructor({ random } = {}) {
    this.movedAt = -Infinity; // the picture changed
    this.movingSince = null;
    this.seen = false; // a picture, since the last interruption
    this.relay = 'unknown'; // 'answers', 'silent'
    // 'on', 'off', 'refused', 'ended', 'asleep', 'new' (not seen yet)
    this.camera = 'unknown';
    this.cameraSince = 0;
    this.paused = false;
    this.playable = true;
    this.attemptAt = null; // null: no player is running
    this.attemptDue = 0;
    this.patience = PATIENCE;
    this.backoff = new Backoff({ first: 500, most: 4000, random });
  }

  /* The picture moves. */
  moved(now) {
    if (now - this.movedAt > STALL)
      this.movingSince = now;
    this.movedAt = now;
    this.seen = true;
    if (now - this.movingSince >= SETTLED) {
      this.backoff.reset();
      this.patience = PATIENCE;
    }
  }

  /* The relay told how the camera is. */
  heard(now, camera) {
    const before = this.state(now);
    const waking = this.mayWake;

    this.relay = 'answers';
    if (camera !== this.camera)
      this.cameraSince = now;
    this.camera = camera;
    if (camera !== 'on' && before !== 'live')
      this.seen = false;
    if (camera !== 'on')
      return;
    // What woke the camera gets its answer now.
    if (waking && this.attemptAt !== null)
      this.attemptAt = now;
    // All is back: whatever the player is waiting for, it waits in vain.
    else if (['waiting', 'waking', 'offline', 'refused', 'ended']
      .includes(before))
      this.restartAt(now);
  }

  /* The player's request is what wakes the camera, if it can be woken. */
  get mayWake() {
    return ['asleep', 'new'].includes(this.camera);
  }

  /* The relay could not be reached. */
  silent(now) {
    this.relay = 'silent';
    if (this.state(now) !== 'live')
      this.seen = false;
  }

  /* The viewer paused, or goes on; a player that sat idle gets its chance. */
  setPaused(now, paused) {
    if (this.paused && !paused && this.attemptAt !== null)
      this.attemptAt = now;
    this.paused = paused;
  }

  /*
   * The machine slept: the connections are dead, though nobody has told. A
   * picture that does not move soon is not waited for any longer.
   */
  woke(now) {
    const since = now - this.patience + AWAKE;

    if (this.attemptAt !== null)
      this.attemptAt = since;
    this.movedAt = since;
  }

  /* This browser has nothing that could play the stream. */
  cannotPlay() {
    this.playable = false;
  }

  restartAt(due) {
    this.attemptAt = null;
    this.attemptDue = due;
  }

  /* A player was started. */
  began(now) {
    this.attemptAt = now;
  }

  /* The player gave up. */
  failed(now) {
    this.restartAt(now + (this.mayWake ? AGAIN : this.backoff.next()));
  }

  state(now) {
    if (!this.playable)
      return 'unplayable';
    if (this.paused)
      return 'paused';
    if (now - this.movedAt < STALL)
      return 'live';
    if (this.relay === 'silent')
      return 'offline';
    if (this.camera === 'refused')
      return 'refused';
    if (this.camera === 'ended')
      return 'ended';
    if (this.camera === 'asleep' ||
        (this.camera === 'new' && now - this.cameraSince < HOPE))
      return 'waking';
    if (this.camera === 'off' || this.camera === 'new')
      return 'waiting';
    return this.seen ? 'stalled' : 'connecting';
  }

  /*
   * Whether to start a player now, in place of the one that is running, if
   * any. Without a relay or a camera there is no point in it.
   */
  wantsPlayer(now) {
    if (this.paused || !this.playable || this.relay === 'silent' ||
        ['off', 'refused', 'ended'].includes(this.camera))
      return false;
    if (this.attemptAt === null)
      return now >= this.attemptDue;
    const silence = now - Math.max(this.attemptAt, this.movedAt);
    if (this.mayWake)
      return silence >= WAKE_PATIENCE;
    if (silence < this.patience)
      return false;
    this.patience = Math.min(this.patience * 2, MOST_PATIENCE);
    return true;
  }

  /* Whether to ask the relay how things stand. */
  wantsNews(now) {
    return !this.paused && this.playable && this.state(now) !== 'live';
  }
}
