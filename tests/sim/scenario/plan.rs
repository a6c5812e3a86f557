//! What visitors want, and the mischief that they do: from a seed, deed by deed.

use std::rc::Rc;
use std::time::Duration;

use coracle::client::user_pi::{ListForm, StoreStart, Task};

use super::{SERVED, USERS};
use crate::peers::{Deed, How, Mischief};
use crate::rng::Rng;

/// What a visitor wants.
pub(super) fn plan(number: usize, rng: &mut Rng) -> Vec<Deed> {
    let mut deeds = Vec::new();
    let (user, password) = *rng.pick(&USERS);
    if rng.chance(200) {
        deeds.push(Deed::Login { user, password: "wrong", right: false });
    }
    deeds.push(Deed::Login { user, password, right: true });
    for step in 0..rng.size(1..14) {
        deeds.push(deed(number, step, rng));
    }
    deeds.push(match rng.below(10) {
        0 => Deed::Vanish(How::End),
        1 => Deed::Vanish(How::Reset),
        2 => Deed::HalfClose,
        3 => Deed::Silence,
        _ => Deed::Do(Task::Quit, Some(true)),
    });
    deeds
}

fn deed(number: usize, step: usize, rng: &mut Rng) -> Deed {
    let own = |name: usize| format!("/Incoming/own-{number}-{name}").into_bytes();
    match rng.below(16) {
        0..=4 => {
            let path = rng.pick(&SERVED).as_bytes().to_vec();
            let offset = if rng.chance(250) { 1 } else { 0 };
            let offset = if path.ends_with(b"empty") { 0 } else { offset };
            let mischief = if rng.chance(60) { Mischief::Mute } else { mischief(rng) };
            Deed::Fetch { path, offset, mischief }
        }
        5..=8 => {
            let length = if rng.chance(300) { rng.size(0..150_000) } else { rng.size(0..5_000) };
            let payload: Rc<[u8]> = rng.bytes(length).into();
            let start = if rng.chance(300) { StoreStart::Append } else { StoreStart::Replace };
            Deed::Put { path: own(rng.size(0..2)), payload, start, mischief: mischief(rng) }
        }
        9 => {
            let length = rng.size(0..20_000);
            let payload: Rc<[u8]> = rng.bytes(length).into();
            let mischief = match mischief(rng) {
                // Half of it would look like a whole that nobody meant.
                Mischief::Cut(after, How::End) => Mischief::Cut(after, How::Reset),
                mischief @ (Mischief::None
                | Mischief::Cut(_, How::Reset)
                | Mischief::Kill(_)
                | Mischief::Abort(_)
                | Mischief::AbortLate(_)
                | Mischief::VanishLate(_)
                | Mischief::Stall(_)
                | Mischief::Slow(..)
                | Mischief::NeverConnect
                | Mischief::Strangers(_)
                | Mischief::Mute) => mischief,
            };
            let path = b"/Incoming/contested".to_vec();
            Deed::Put { path, payload, start: StoreStart::Replace, mischief }
        }
        10 | 11 => {
            let form = *rng.pick(&[ListForm::Mlsd, ListForm::List, ListForm::Nlst]);
            let (path, holds) = *rng.pick(&[
                ("/", Some("Movies")),
                ("/Movies", Some("Free Fire")),
                ("/Docs/deep", Some("below")),
                ("/Incoming", None),
            ]);
            let task = Task::List { path: Some(path.into()), form };
            Deed::List { task, holds: holds.map(|name| name.as_bytes().to_vec()) }
        }
        12 => {
            let path = *rng.pick(&[
                "/Secret/plans",
                "../../../../etc/passwd",
                "/Movies/../Secret/plans",
                "/Movies/../../Secret/plans",
                "Secret",
                "/Movies",
            ]);
            Deed::Trespass { path: path.into() }
        }
        13 if rng.chance(500) => {
            let path = b"/Incoming/contested".to_vec();
            if rng.chance(200) {
                Deed::Do(Task::Dele(path), None)
            } else {
                Deed::Fetch { path, offset: 0, mischief: mischief(rng) }
            }
        }
        13 => Deed::Pause(Duration::from_millis(rng.below(9_000))),
        14 => Deed::Do(Task::Cwd(b"/Docs/deep".to_vec()), Some(true)),
        _ => match rng.below(5) {
            0 => Deed::Do(Task::Pwd, Some(true)),
            1 => Deed::Do(Task::Size(b"/Movies/large".to_vec()), Some(true)),
            2 => Deed::Do(Task::Mkd(format!("/Incoming/dir-{number}-{step}").into()), Some(true)),
            3 => Deed::Do(Task::Dele(b"/Movies/small".to_vec()), Some(false)),
            _ => Deed::Do(Task::Raw(b"STAT".to_vec()), Some(true)),
        },
    }
}

fn mischief(rng: &mut Rng) -> Mischief {
    let after = if rng.chance(300) { rng.size(0..100_000) } else { rng.size(0..4_000) };
    match rng.below(24) {
        0 | 1 => Mischief::Cut(after, How::End),
        2 | 3 => Mischief::Cut(after, How::Reset),
        4 => Mischief::Kill(after),
        5 | 6 => Mischief::Abort(after),
        7 => Mischief::Stall(after),
        8 | 9 => Mischief::Slow(rng.size(2_000..20_000), rng.within(1..200)),
        10 => Mischief::NeverConnect,
        11 => Mischief::Strangers(rng.size(1..9)),
        12 => Mischief::AbortLate(rng.below(60)),
        13 => Mischief::VanishLate(rng.below(60)),
        _ => Mischief::None,
    }
}
