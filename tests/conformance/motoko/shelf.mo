import Array "mo:core/Array";

persistent actor class Shelf(name : Text) {
  var books : [Text] = [];

  public func put(title : Text) : async Nat {
    books := Array.concat(books, [title]);
    books.size();
  };
  public query func list() : async [Text] {
    Array.map<Text, Text>(books, func title = name # ": " # title);
  };
  public func drop() : async () {
    books := [];
    assert false;
  };
};
