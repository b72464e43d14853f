/// A number that everyone can raise, and that the subnet vouches for.
persistent actor Counter {
  var count : Nat = 0;

  /// An update: every node executes it in the same block, and the reply carries their joint certificate.
  public func inc() : async Nat {
    count += 1;
    count;
  };

  /// A query: one node answers at once, from the state it holds. It may change nothing.
  public query func get() : async Nat {
    count;
  };
};
