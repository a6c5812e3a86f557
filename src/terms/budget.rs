//! What one slot may do before it is another's turn.

/// An amount of work, in bytes or in pieces, that a slot may spend in one turn.
///
/// Edge-triggered sockets would let one busy peer keep the loop for itself; a budget ends its turn
/// and the slot goes to the tail of the next pass's queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    left: usize,
}

impl Budget {
    /// A budget of `amount`, in the unit that the caller counts in.
    #[must_use]
    pub const fn new(amount: usize) -> Self {
        Self { left: amount }
    }

    /// What is left to spend.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.left
    }

    /// True when nothing is left.
    #[must_use]
    pub const fn is_spent(&self) -> bool {
        self.left == 0
    }

    /// Spends `amount`, or all that is left if that is less.
    pub const fn spend(&mut self, amount: usize) {
        self.left = self.left.saturating_sub(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spends_down_to_nothing_and_no_further() {
        let mut budget = Budget::new(10);
        budget.spend(4);
        assert_eq!(budget.left(), 6);
        budget.spend(40);
        assert!(budget.is_spent());
    }
}
