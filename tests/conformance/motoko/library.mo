import Array "mo:core/Array";
import Error "mo:core/Error";
import Principal "mo:core/Principal";
import Region "mo:core/Region";
import Runtime "mo:core/Runtime";
import Timer "mo:core/Timer";
import Shelves "shelf";

persistent actor {
  type Shelf = Shelves.Shelf;
  type Kind = { #paper; #audio : { minutes : Nat } };
  type Book = { title : Text; year : Nat; tags : [Text]; kind : Kind; sequel : ?Book };

  var books : [Book] = [];
  let notes = Region.new();
  var noted : Nat64 = 0;
  var rings : Nat = 0;
  var shelf : ?Shelf = null;
  transient var visits : Nat = 0;

  public func add(book : Book) : async Nat {
    books := Array.concat(books, [book]);
    visits += 1;
    books.size();
  };
  public query func all() : async [Book] { books };
  public query func seen() : async (Nat, Nat) { (visits, rings) };
  public query func mirror(
    n : Int,
    f : Float,
    b : Blob,
    p : Principal,
    o : ?Nat8,
    r : { x : [(Text, Bool)]; y : { #a; #b : Int64 } },
  ) : async (Int, Float, Blob, Principal, ?Nat8, { x : [(Text, Bool)]; y : { #a; #b : Int64 } }) {
    (n, f, b, p, o, r);
  };
  public shared query ({ caller }) func who() : async Principal { caller };

  public func note(words : Blob) : async Nat64 {
    if (Region.size(notes) == 0) assert Region.grow(notes, 1) == 0;
    Region.storeBlob(notes, noted, words);
    noted += 8;
    Region.size(notes);
  };
  public query func read(at : Nat64, size : Nat) : async Blob {
    Region.loadBlob(notes, at, size);
  };

  public func ring(seconds : Nat) : async () {
    ignore Timer.setTimer<system>(#seconds seconds, func() : async () { rings += 1 });
  };

  public func open(name : Text) : async Principal {
    let made = await (with cycles = 2_000_000_000_000) Shelves.Shelf(name);
    shelf := ?made;
    Principal.fromActor(made);
  };
  func opened() : Shelf {
    switch (shelf) { case (?s) s; case null Runtime.trap("no shelf") };
  };
  public func fill(first : Text, second : Text, third : Text) : async [Nat] {
    let s = opened();
    let one = s.put(first);
    let two = s.put(second);
    let three = s.put(third);
    [await three, await two, await one];
  };
  public composite query func shelved() : async [Text] { await opened().list() };
  public func careful() : async (Text, Text) {
    var end = "";
    let words = try { await opened().drop(); "dropped" } catch e { Error.message(e) } finally {
      end := "in the end";
    };
    (words, end);
  };
  public func halfway() : async () {
    rings += 100;
    await async {};
    rings += 1000;
    Runtime.trap("after the await");
  };
  public func refuse() : async () { throw Error.reject("not today") };
};
