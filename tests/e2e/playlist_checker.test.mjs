// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PlaylistChecker } from './playlist_checker.mjs';
import { lastPosition, nextPosition, parseAttributes, readPlaylist }
  from './playlist_text.mjs';

const EPOCH = Date.UTC(2026, 10, 22, 14);
const PARTS = 5; // of 0.4 s in a segment of 2 s

/*
 * A playlist as it ought to be: `first`..`last` are segments, the last one
 * open with `open` parts. `edit` may change the model before it is written,
 * `text` the lines after.
 */
function playlist({ first = 100, last = 107, open = 2, cc = 3,
                    edit = () => {}, text = (lines) => lines } = {}) {
  const model = {
    version: 9, target: 2, control:
      'CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.200', partTarget: '0.400',
    first, cc, segments: [], hint: `e-${last}.${open}.m4s`,
  };
  for (let msn = first; msn <= last; msn++) {
    const count = msn === last ? open : PARTS;
    const parts = [];
    for (let n = 0; n < count; n++)
      parts.push({ uri: `e-${msn}.${n}.m4s`, duration: '0.40000',
                   independent: n === 0 });
    model.segments.push({
      map: msn === first ? 'init-1.mp4' : null, cut: false,
      pdt: new Date(EPOCH + msn * 2000).toISOString(),
      parts: msn >= last - 2 ? parts : [],
      extinf: msn === last ? null : '2.00000', uri: `e-${msn}.m4s`,
    });
  }
  edit(model);
  const lines = ['#EXTM3U', `#EXT-X-VERSION:${model.version}`,
    `#EXT-X-TARGETDURATION:${model.target}`,
    `#EXT-X-SERVER-CONTROL:${model.control}`,
    `#EXT-X-PART-INF:PART-TARGET=${model.partTarget}`,
    `#EXT-X-MEDIA-SEQUENCE:${model.first}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${model.cc}`];
  for (const s of model.segments) {
    if (s.cut)
      lines.push('#EXT-X-DISCONTINUITY');
    if (s.map)
      lines.push(`#EXT-X-MAP:URI="${s.map}"`);
    if (s.pdt)
      lines.push(`#EXT-X-PROGRAM-DATE-TIME:${s.pdt}`);
    for (const p of s.parts)
      lines.push(`#EXT-X-PART:DURATION=${p.duration},URI="${p.uri}"` +
                 (p.independent ? ',INDEPENDENT=YES' : ''));
    if (s.extinf)
      lines.push(`#EXTINF:${s.extinf},`, s.uri);
  }
  if (model.hint)
    lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${model.hint}"`);
  return text(lines).join('\n') + '\n';
}

/* Problems of the last of these playlists. */
function problems(...texts) {
  const checker = new PlaylistChecker();
  let found;

  for (const text of texts)
    found = checker.check(text).problems;
  return found;
}

function accepts(...texts) {
  assert.deepEqual(problems(...texts), []);
}

function refuses(pattern, ...texts) {
  const found = problems(...texts);
  assert.ok(found.some((text) => pattern.test(text)),
            `expected ${pattern}, found ${JSON.stringify(found)}`);
}

const edited = (edit, options = {}) => playlist({ ...options, edit });

test('a playlist as it ought to be is accepted', () => {
  accepts(playlist());
});

test('a run that only grows is accepted', () => {
  const texts = [];
  for (let last = 107; last < 125; last++)
    for (let open = 0; open <= PARTS; open++)
      texts.push(playlist({ first: last - 7, last, open }));
  const checker = new PlaylistChecker();
  for (const text of texts)
    assert.deepEqual(checker.check(text).problems, []);
});

test('attribute lists are read whole or not at all', () => {
  assert.deepEqual([...parseAttributes('A=1,B-C="x,y"')],
                   [['A', '1'], ['B-C', 'x,y']]);
  for (const bad of ['A', 'A=', 'A=1,', 'A=1,A=2', 'a=1', 'A="x', 'A=1 ,B=2'])
    assert.equal(parseAttributes(bad), null, bad);
});

test('the newest part and the next one are found', () => {
  const at = (options) => {
    const read = readPlaylist(playlist(options));
    return [lastPosition(read), nextPosition(read)];
  };
  assert.deepEqual(at({ open: 2 }),
                   [{ msn: 107, part: 1 }, { msn: 107, part: 2 }]);
  assert.deepEqual(
    at({ edit: (m) => { m.segments.pop(); m.hint = 'e-107.0.m4s'; } }),
    [{ msn: 106, part: 4 }, { msn: 107, part: 0 }]);
});

test('a part may be as long as PART-TARGET and no longer', () => {
  const withPart = (duration, extinf) => edited((m) => {
    m.segments[6].parts[2].duration = duration;
    m.segments[6].extinf = extinf;
    m.segments[7].pdt = null;
  });
  const about = (text) => problems(text).filter((p) => /PART-TARGET/.test(p));
  assert.deepEqual(about(withPart('0.40000', '2.00000')), []);
  assert.notDeepEqual(about(withPart('0.40001', '2.00001')), []);
});

test('a part fills 85 % of PART-TARGET', () => {
  const parts = (duration) => edited((m) => {
    m.segments[7].parts[0].duration = duration;
    m.segments[7].parts[0].independent = false;
    m.segments[7].parts[1].duration = duration;
  });
  const about = (text) => problems(text).filter((p) => /85 %/.test(p));
  assert.deepEqual(about(parts('0.34000')), []);
  assert.equal(about(parts('0.33999')).length, 1); // the newest may be final
});

test('an independent part and the last of a segment may be short', () => {
  accepts(edited((m) => { m.segments[7].parts[0].duration = '0.10000'; }));
  accepts(edited((m) => {
    m.segments[6].parts[4].duration = '0.10000';
    m.segments[6].extinf = '1.70000';
    m.segments[7].pdt = new Date(EPOCH + 106 * 2000 + 1700).toISOString();
  }));
});

test('a segment may be as long as TARGETDURATION and no longer', () => {
  refuses(/above TARGETDURATION/, edited((m) => {
    m.segments[0].extinf = '2.00100';
  }));
});

test('an open segment may not outgrow TARGETDURATION', () => {
  refuses(/longer than TARGETDURATION/, playlist({ open: 6 }));
});

test('parts add up to their segment', () => {
  refuses(/add up/, edited((m) => { m.segments[6].extinf = '1.99993'; }));
  accepts(edited((m) => { m.segments[6].extinf = '1.99994'; }));
});

for (const [name, edit] of [
  ['EXT-X-VERSION', (m) => { m.version = 10; }],
  ['EXT-X-TARGETDURATION', (m) => { m.target = 3; }],
  ['EXT-X-SERVER-CONTROL', (m) => {
    m.control = 'CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.300';
  }],
  ['EXT-X-PART-INF', (m) => {
    m.partTarget = '0.401';
    m.control = 'CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.203';
  }],
])
  test(`${name} never changes`, () => {
    refuses(new RegExp(`${name} changed`), playlist(), edited(edit));
  });

test('PART-HOLD-BACK is at least three times PART-TARGET', () => {
  refuses(/PART-HOLD-BACK/, edited((m) => {
    m.control = 'CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.199';
  }));
});

test('HOLD-BACK is at least three times TARGETDURATION', () => {
  const held = (seconds) => edited((m) => {
    m.control += `,HOLD-BACK=${seconds}`;
  });
  accepts(held('6.000'));
  refuses(/HOLD-BACK/, held('5.999'));
});

test('CAN-SKIP-UNTIL is at least six times TARGETDURATION', () => {
  const skip = (seconds) => edited((m) => {
    m.control += `,CAN-SKIP-UNTIL=${seconds}`;
  });
  accepts(skip('12.0'));
  refuses(/CAN-SKIP-UNTIL/, skip('11.9'));
});

test('blocking reload is offered', () => {
  refuses(/CAN-BLOCK-RELOAD/, edited((m) => {
    m.control = 'PART-HOLD-BACK=1.200';
  }));
});

for (const tag of ['VERSION', 'TARGETDURATION', 'SERVER-CONTROL', 'PART-INF',
                   'MEDIA-SEQUENCE', 'DISCONTINUITY-SEQUENCE'])
  test(`EXT-X-${tag} may be neither missing nor twice nor late`, () => {
    const is = (line) => line.startsWith(`#EXT-X-${tag}:`);
    const cut = (lines) => lines.filter((line) => !is(line));
    assert.notDeepEqual(problems(playlist({ text: cut })), []);
    refuses(/twice/, playlist({
      text: (lines) => [lines[0], lines.find(is), ...lines.slice(1)],
    }));
    refuses(/behind the first segment/, playlist({
      text: (lines) => [...cut(lines), lines.find(is)],
    }));
  });

test('each segment has a date', () => {
  refuses(/103 has no PROGRAM/, edited((m) => { m.segments[3].pdt = null; }));
});

test('dates agree with durations within two milliseconds', () => {
  const shifted = (ms) => edited((m) => {
    m.segments[7].pdt = new Date(EPOCH + 107 * 2000 + ms).toISOString();
  });
  accepts(shifted(2));
  refuses(/off its predecessor/, shifted(3));
});

test('dates are UTC with milliseconds', () => {
  refuses(/not UTC/, edited((m) => {
    m.segments[7].pdt = '2026-11-22T14:03:34Z';
  }));
});

test('a discontinuity may jump in time', () => {
  accepts(edited((m) => {
    m.segments[7].cut = true;
    m.segments[7].pdt = new Date(EPOCH + 900000).toISOString();
  }));
});

test('each segment is covered by a map', () => {
  refuses(/100 is not covered/, edited((m) => {
    m.segments[0].map = null;
    m.segments[1].map = 'init-1.mp4';
  }));
});

test('tags of a segment come before its first part', () => {
  const behind = (name) => (lines) => {
    const i = lines.findLastIndex((line) => line.startsWith(name));
    const [line] = lines.splice(i, 1);
    lines.splice(lines.findLastIndex((l) => l.startsWith('#EXT-X-PART')) + 1,
                 0, line);
    return lines;
  };
  refuses(/behind a part/, playlist({
    text: behind('#EXT-X-PROGRAM-DATE-TIME'),
  }));
  refuses(/behind a part/, playlist({
    text: behind('#EXT-X-MAP'),
    edit: (m) => { m.segments[7].map = 'init-2.mp4'; },
  }));
  refuses(/behind a part/, playlist({
    text: behind('#EXT-X-DISCONTINUITY'),
    edit: (m) => { m.segments[7].cut = true; m.cc = 3; },
  }));
});

test('nothing comes between EXTINF and its URI', () => {
  refuses(/between EXTINF/, playlist({
    text: (lines) => {
      const i = lines.findLastIndex((line) => line.startsWith('#EXTINF'));
      lines.splice(i + 1, 0, '#EXT-X-PART:DURATION=0.4,URI="x.m4s"');
      return lines;
    },
  }));
  refuses(/without EXTINF/, playlist({
    text: (lines) => lines.filter((line, i) => i !== lines.findLastIndex(
      (l) => l.startsWith('#EXTINF'))),
  }));
});

test('nothing comes behind the preload hint', () => {
  const early = (lines) => [...lines.slice(0, 12), lines.at(-1),
                            ...lines.slice(12, -1)];
  refuses(/behind the preload hint/, playlist({ text: early }));
});

test('a live playlist hints the next part, once', () => {
  refuses(/no preload hint/, edited((m) => { m.hint = null; }));
  refuses(/two of TYPE=PART/, playlist({
    text: (lines) => [...lines, lines.at(-1)],
  }));
  refuses(/already listed/, edited((m) => { m.hint = 'e-107.1.m4s'; }));
});

test('an ended playlist hints nothing', () => {
  const end = (lines) => [...lines, '#EXT-X-ENDLIST'];
  accepts(edited((m) => {
    m.hint = null;
    m.segments[7].extinf = '0.80000';
  }, { text: end }));
  refuses(/beside ENDLIST/, playlist({ text: end }));
});

test('the hint becomes the next part', () => {
  accepts(playlist({ open: 2 }), playlist({ open: 3 }));
  refuses(/became/, edited((m) => { m.hint = 'e-107.x.m4s'; }),
          playlist({ open: 3 }));
  const closed = edited((m) => {
    m.segments.pop();
    m.hint = 'e-107.9.m4s';
  });
  refuses(/became/, closed, playlist({ open: 1 }));
});

test('where key frames are not foreseen wrong hints are only counted', () => {
  const checker = new PlaylistChecker({ keysForeseen: false });
  checker.check(edited((m) => { m.hint = 'e-107.x.m4s'; }));
  assert.deepEqual(checker.check(playlist({ open: 3 })).problems, []);
  assert.equal(checker.wrongHints, 1);
});

test('the hint stays while no part comes', () => {
  refuses(/hint changed/, playlist(),
          edited((m) => { m.hint = 'e-108.0.m4s'; }));
});

test('a hint is void after a discontinuity', () => {
  accepts(
    edited((m) => { m.segments.pop(); m.hint = 'e-107.0.m4s'; }),
    edited((m) => {
      m.segments[7].cut = true;
      m.segments[7].parts[0].uri = 'f-107.0.m4s';
      m.segments[7].map = 'init-2.mp4';
    }, { open: 1 }));
});

test('MEDIA-SEQUENCE never goes back', () => {
  refuses(/MEDIA-SEQUENCE went back/, playlist({ first: 101 }),
          playlist({ first: 100 }));
});

test('DISCONTINUITY-SEQUENCE never goes back', () => {
  refuses(/DISCONTINUITY-SEQUENCE went back/, playlist({ cc: 3 }),
          playlist({ cc: 2 }));
});

test('a removed discontinuity is counted', () => {
  const cut = (options) => edited((m) => {
    const segment = m.segments.find(({ uri }) => uri === 'e-100.m4s');
    if (segment)
      segment.cut = true;
  }, options);
  accepts(cut(), cut({ first: 101, last: 108, cc: 4 }));
  refuses(/cc of 101/, cut(), cut({ first: 101, last: 108, cc: 3 }));
});

test('the newest part never goes back', () => {
  refuses(/went back|lost parts/, playlist({ open: 3 }), playlist({ open: 2 }));
  refuses(/newest segment/, playlist(), playlist({ last: 106 }));
});

test('a URI belongs to one place', () => {
  refuses(/e-102.m4s is 103 and was 102/, edited((m) => {
    m.segments[3].uri = 'e-102.m4s';
  }));
});

test('a place keeps its URI, duration, date and map', () => {
  refuses(/segment 103 was/, playlist(), edited((m) => {
    m.segments[3].uri = 'f-103.m4s';
  }));
  refuses(/part 107.0 was/, playlist(), edited((m) => {
    m.segments[7].parts[0].uri = 'f-107.0.m4s';
  }));
  refuses(/part 107.0 was/, playlist(), edited((m) => {
    m.segments[7].parts[0].duration = '0.39000';
  }));
  refuses(/EXTINF of 103 was/, playlist(), edited((m) => {
    m.segments[3].extinf = '1.99900';
  }));
  refuses(/pdt of 103 was/, playlist(), edited((m) => {
    m.segments[3].pdt = new Date(EPOCH + 103 * 2000 + 1).toISOString();
  }));
  refuses(/map of 100 was/, playlist(), edited((m) => {
    m.segments[0].map = 'init-2.mp4';
  }));
});

test('a closed segment takes no further part', () => {
  const closed = edited((m) => {
    m.segments.pop();
    m.segments[6].parts.length = 4;
    m.segments[6].extinf = '1.60000';
    m.hint = 'e-107.0.m4s';
  });
  refuses(/after its segment was closed/, closed, playlist());
});

test('after a removal three TARGETDURATION remain', () => {
  accepts(playlist({ first: 100, last: 104 }),
          playlist({ first: 101, last: 104 }));
  refuses(/after a removal/, playlist({ first: 100, last: 104 }),
          playlist({ first: 102, last: 104 }));
});

test('parts are not listed farther back than three TARGETDURATION', () => {
  accepts(playlist({ open: 0 }));
  refuses(/parts of 103 are listed/, edited((m) => {
    m.segments[3].parts = m.segments[5].parts.map((part, n) => ({
      ...part, uri: `e-103.${n}.m4s`,
    }));
  }, { open: 1 }));
});

test('parts are listed near the end', () => {
  refuses(/parts of 106 are gone/, edited((m) => {
    m.segments[6].parts = [];
  }));
});

test('a segment begins with an independent part, unless that is waived', () => {
  const text = edited((m) => { m.segments[6].parts[0].independent = false; });
  refuses(/begin with an independent/, text);
  const checker = new PlaylistChecker({ keysEverywhere: false });
  assert.deepEqual(checker.check(text).problems, []);
});

test('nothing goes on after ENDLIST', () => {
  refuses(/after ENDLIST/, playlist({
    edit: (m) => { m.hint = null; m.segments[7].extinf = '0.80000'; },
    text: (lines) => [...lines, '#EXT-X-ENDLIST'],
  }), playlist({ last: 108 }));
});

test('gaps and byte ranges, which players do not agree on, are refused', () => {
  for (const more of ['GAP=YES', 'BYTERANGE="100@0"'])
    refuses(/BYTERANGE or GAP/, playlist({
      text: (lines) => lines.map((line) => line.includes('e-107.1.m4s",') ||
        line.includes('URI="e-107.1.m4s"') ? `${line},${more}` : line),
    }));
});

test('unknown tags, comments and broken lines are refused', () => {
  for (const line of ['#EXT-X-GAP', '#EXT-X-PLAYLIST-TYPE:EVENT', '# hello',
                      '', '#EXT-X-PART:DURATION=1'])
    assert.notDeepEqual(problems(playlist({
      text: (lines) => [...lines.slice(0, 9), line, ...lines.slice(9)],
    })), [], line);
  assert.notDeepEqual(problems(playlist().trimEnd()), []);
  assert.notDeepEqual(problems(playlist().replaceAll('\n', '\r\n')), []);
});

test('whatever the text, the checker answers', () => {
  const good = playlist();
  for (let n = 0; n < good.length; n += 7)
    assert.notDeepEqual(problems(good.slice(0, n)), [], `cut at ${n}`);
});
