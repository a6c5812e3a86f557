//! Giving up capabilities, every one and from every set, and the way to get new ones.
//!
//! Of one thread, as Linux has it: `walls` calls this before there is another.

use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities, set_no_new_privs,
};

use super::{Line, Standing};

/// Capabilities that a kernel can have: they are bits of 64.
const MOST: u32 = 64;

/// Takes every capability out of the bounding set. Only who may change that set can, which is root;
/// for others it bounds nothing, for they can have no new ones after [`give_up`].
pub(super) fn bound() {
    for bit in 0..MOST {
        // One that the kernel does not have is refused.
        let _ = remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << bit));
    }
}

/// Empties the other sets, and rules out that running a program ever fills them.
pub(super) fn give_up() -> Result<Line, String> {
    let failed = |what: &str, errno| format!("{what} can't be given up: {errno}");
    set_no_new_privs(true).map_err(|errno| failed("new privileges", errno))?;
    // Kernels before 4.3 have no such set.
    let _ = clear_ambient_capability_set();
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, none).map_err(|errno| failed("capabilities", errno))?;
    let left = capabilities(None).map_err(|errno| failed("capabilities", errno))?;
    let left = left.effective | left.permitted | left.inheritable;
    if !left.is_empty() {
        return Err(format!("capabilities are left that were given up: {left:?}"));
    }
    let what = "no capabilities, and no way to new ones".to_owned();
    Ok(Line::new("privileges", Standing::Up(what)))
}
