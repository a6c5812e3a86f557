//! Scenarios of a fixed shape for the work that is done on files beside the transfers: whose turn it
//! is, what is left of it, and what it costs the others.

use std::cell::RefCell;
use std::time::Duration;

use coracle::reactor::COMPRESSED_A_PASS;
use coracle::terms::Algorithm;

use crate::peers::{
    Break, Clerk, Job, Mischief, Parting, Pipeliner, Sum, address_of, stuff, target_of, unpacked,
};
use crate::run::Report;
use crate::scenario::furnish;
use crate::shapes::{Shape, fetch, rounds};
use crate::world::{DiskFault, longest_pause, most_worked};

/// Who they all are.
const USER: (&str, &str) = ("user1", "1234");

impl Shape {
    /// A clerk at the address number `who` comes after so many milliseconds.
    fn employ(&mut self, who: usize, millis: u64, jobs: impl IntoIterator<Item = Job>) {
        let host = self.scenario.lore.ftp.ip();
        self.add(millis, Clerk::new(address_of(who, host), USER, jobs));
    }

    /// A file of so many bytes, of which some can be compressed.
    fn source(&mut self, path: &str, length: usize) -> Vec<u8> {
        let content = stuff(length, &mut self.rng);
        furnish(&mut self.scenario.lore, path.as_bytes(), &content);
        path.as_bytes().to_vec()
    }
}

fn compress(path: &[u8], cut: Option<(Duration, Parting)>) -> Job {
    Job::Compress { path: path.to_vec(), refused: false, cut }
}

#[test]
fn work_on_files_leaves_others_their_turns() {
    const WORKERS: usize = 24;
    let made = RefCell::new(None);
    let build = |shape: &mut Shape| {
        shape.in_small_steps();
        let host = shape.scenario.lore.ftp.ip();
        let mut sources = Vec::new();
        for who in 0..WORKERS {
            // Some change their minds at once, and some say more than may wait behind the work.
            let then = match who % 4 {
                0 => b"ABOR\r\n".as_slice(),
                1 => b"NOOP\r\nSTAT\r\nHASH /Movies/large\r\nXCRC /Docs/text\r\n",
                _ => b"",
            };
            let path = format!("/Incoming/work-{who}");
            let length = shape.rng.size(20_000..60_000);
            let content = shape.rng.bytes(length);
            furnish(&mut shape.scenario.lore, path.as_bytes(), &content);
            let target = target_of(path.as_bytes());
            shape.scenario.lore.packed.insert(target, vec![content.as_slice().into()]);
            let mut text = b"USER user1\r\nPASS 1234\r\nSITE COMPRESS ".to_vec();
            text.extend(path.as_bytes());
            text.extend(b"\r\n");
            text.extend(then);
            text.extend(b"QUIT\r\n");
            sources.push((format!("work-{who}.gz"), content, who % 4 == 0));
            let millis = shape.rng.below(50);
            shape.add(millis, Pipeliner::of_lines(address_of(who, host), text));
        }
        for who in 0..20 {
            shape.visit(100 + who, 20, [fetch("/Movies/large", Mischief::None)]);
        }
        let lore = &shape.scenario.lore;
        *made.borrow_mut() = Some((lore.tree.clone(), lore.roots[b"Incoming".as_slice()], sources));
    };
    rounds("work_on_files", build, |report| {
        assert_eq!(report.tally.fetched, 20);
        let (tree, incoming, sources) = made.take().expect("the shape was built");
        for (name, content, may_be_gone) in sources {
            let Some(packed) = tree.content(incoming, name.as_bytes()) else {
                assert!(may_be_gone, "{name} is missing");
                continue;
            };
            let whole = unpacked(&packed).as_ref() == Some(&content);
            assert!(whole, "{name} is not what it was made of");
        }
        assert_eq!(tree.parts_under_way(), 0);
    });
}

#[test]
fn more_than_have_places_take_turns_and_leave() {
    let build = |shape: &mut Shape| {
        shape.in_small_steps();
        shape.scenario.limits.budgets.pace.copied = 512;
        for who in 0..40 {
            let length = shape.rng.size(1000..80_000);
            let path = shape.source(&format!("/Incoming/work-{who}"), length);
            let mut jobs = Vec::new();
            for _ in 0..shape.rng.size(1..6) {
                let cut = shape.rng.chance(600).then(|| Parting::of(&mut shape.rng));
                jobs.push(compress(&path, cut));
            }
            let millis = shape.rng.below(20);
            shape.employ(who, millis, jobs);
        }
    };
    rounds("more_than_have_places", build, |report| {
        assert!(report.tally.compressed > 10, "{report:?}");
        assert!(report.tally.stopped > 10, "{report:?}");
        assert!(report.longest_compression_wait > 8, "{report:?}");
    });
}

#[test]
fn who_changes_from_one_work_to_another_gains_no_turns() {
    let build = |shape: &mut Shape| {
        shape.in_small_steps();
        let host = shape.scenario.lore.ftp.ip();
        for who in 0..12 {
            let path = shape.source(&format!("/Incoming/work-{who}"), 60_000);
            let target = target_of(&path);
            let content = shape.scenario.lore.content(&path).expect("it was put there");
            shape.scenario.lore.packed.insert(target, vec![content]);
            let (hash, pack) = (b"HASH ".as_slice(), b"SITE COMPRESS ".as_slice());
            let mut text = format!("USER {}\r\nPASS {}\r\n", USER.0, USER.1).into_bytes();
            for _ in 0..8 {
                for verb in [hash, pack] {
                    text.extend([verb, &path, b"\r\nABOR\r\n"].concat());
                }
            }
            text.extend([hash, &path, b"\r\n", pack, &path, b"\r\nQUIT\r\n"].concat());
            shape.add(0, Pipeliner::of_lines(address_of(who, host), text));
        }
    };
    rounds("who_changes", build, |report| {
        assert!(report.tally.pipelined > 12 * 20, "{report:?}");
        assert!(report.most_worked.compressions > 0 && report.most_worked.digests > 0);
    });
}

#[test]
fn a_full_disk_ends_a_compression_and_leaves_nothing() {
    let build = |shape: &mut Shape| {
        shape.in_small_steps();
        shape.scenario.lore.calm = false;
        let path = shape.source("/Incoming/work", 300_000);
        shape.employ(1, 0, [compress(&path, None), compress(&path, None), compress(&path, None)]);
        let after = shape.rng.below(5);
        shape.scenario.disk.push((Duration::ZERO, DiskFault::Full(after)));
    };
    rounds("a_full_disk_ends", build, |report| {
        assert_eq!((report.tally.full, report.tally.compressed), (1, 2), "{report:?}");
    });
}

#[test]
fn what_can_not_be_put_in_place_is_not_left_either() {
    let build = |shape: &mut Shape| {
        shape.scenario.lore.calm = false;
        let path = shape.source("/Incoming/work", 30_000);
        shape.employ(1, 0, [compress(&path, None), compress(&path, None)]);
        shape.scenario.disk.push((Duration::ZERO, DiskFault::Commit(1)));
    };
    rounds("what_can_not_be_put", build, |report| {
        assert_eq!((report.tally.full, report.tally.compressed), (1, 1), "{report:?}");
    });
}

#[test]
fn who_waits_long_is_told_how_far_it_is() {
    let build = |shape: &mut Shape| {
        shape.in_small_steps();
        shape.scenario.faults.sluggish = 20_000_000;
        let path = shape.source("/Incoming/work", 400_000);
        let sum =
            Job::Sum { path: path.clone(), sum: Sum::Hash(Algorithm::Sha256, None), wavers: false };
        shape.employ(1, 0, [compress(&path, None), sum]);
    };
    rounds("who_waits_long", build, |report| {
        assert_eq!((report.tally.compressed, report.tally.summed), (1, 1), "{report:?}");
        assert!((5..=12).contains(&report.tally.progress), "{report:?}");
    });
}

#[test]
fn downloads_beside_a_huge_compression_wait_for_its_slices_alone() {
    const DOWNLOADS: usize = 50;
    let of = |compresses: bool| {
        let reports = RefCell::new(Vec::new());
        let build = |shape: &mut Shape| {
            shape.in_small_steps();
            let path = shape.source("/Incoming/work", 2 << 20);
            let content = shape.rng.bytes(100_000);
            furnish(&mut shape.scenario.lore, b"/Movies/long", &content);
            if compresses {
                shape.employ(0, 0, [compress(&path, None)]);
            }
            for who in 1..=DOWNLOADS {
                shape.visit(who, 50, [fetch("/Movies/long", Mischief::None)]);
            }
        };
        rounds("downloads_beside", build, |report| {
            assert_eq!(report.tally.fetched, DOWNLOADS as u64, "{report:?}");
            assert_eq!(report.tally.compressed, u64::from(compresses), "{report:?}");
            reports.borrow_mut().push(*report);
        });
        reports.into_inner()
    };
    let mut shape = Shape::new(0);
    shape.in_small_steps();
    let slice = shape.scenario.limits.budgets.pace.copied.div_ceil(2) * COMPRESSED_A_PASS;
    assert!(most_worked(&shape.scenario.limits).bytes >= slice as u64);
    let turn = |reports: &[Report]| reports.iter().map(|report| report.longest_turn).max();
    let (alone, beside) = (of(false), of(true));
    assert_eq!(turn(&alone), turn(&beside), "others' turns come as often as without");
    for report in alone {
        assert!(report.longest_pause <= longest_pause(0), "{report:?}");
    }
    for report in beside {
        assert!(report.longest_pause <= longest_pause(slice as u64), "{report:?}");
        assert_eq!(report.most_worked.compressions, COMPRESSED_A_PASS, "{report:?}");
    }
}

#[test]
fn what_breaks_off_goes_on_from_where_it_was() {
    let build = |shape: &mut Shape| {
        for who in 0..20 {
            let packs = who % 2 == 0;
            shape.scenario.lore.mode_z = true;
            shape.scenario.settings.mode_z = true;
            let payload = stuff(50_000, &mut shape.rng).into();
            let at = [shape.rng.size(1..9000), shape.rng.size(1..9000), shape.rng.size(0..9000)];
            let breaks = vec![Break::Reset(at[0]), Break::End(at[1]), Break::Abort(at[2])];
            let path = format!("/Incoming/broken-{who}").into_bytes();
            let send = Job::Send { path, payload, breaks, appends: who % 4 < 2 };
            shape.employ(who, 0, [Job::Pack(packs), send]);
        }
    };
    rounds("what_breaks_off", build, |report| {
        assert_eq!((report.tally.stored, report.tally.broken), (20, 60), "{report:?}");
        assert!(report.tally.resumed > 20, "{report:?}");
        assert_eq!(report.tally.packed, 10, "{report:?}");
    });
}
