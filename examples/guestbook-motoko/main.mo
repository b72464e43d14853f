import List "mo:core/List";
import Principal "mo:core/Principal";
import Runtime "mo:core/Runtime";
import Text "mo:core/Text";
import Time "mo:core/Time";

/// A guestbook. Its entries are stable data: they survive every upgrade of this code.
persistent actor Guestbook {
  type Entry = {
    who : Principal;
    text : Text;
    /// Nanoseconds since 1970, as the subnet agreed for the block in which the message ran.
    at : Int;
  };

  let entries = List.empty<Entry>();

  /// `caller` is proven by the message's signature. A trap undoes all that the message did.
  public shared ({ caller }) func sign(text : Text) : async Nat {
    if (Text.size(text) == 0) Runtime.trap("say something");
    List.add(entries, { who = caller; text; at = Time.now() });
    List.size(entries);
  };

  public query func read() : async [Entry] {
    List.toArray(entries);
  };
};
