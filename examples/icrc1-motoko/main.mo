import Blob "mo:core/Blob";
import Map "mo:core/Map";
import Nat64 "mo:core/Nat64";
import Order "mo:core/Order";
import Principal "mo:core/Principal";
import Queue "mo:core/Queue";
import Runtime "mo:core/Runtime";
import Time "mo:core/Time";

/// A token by the ICRC-1 standard. Whoever deploys it receives the supply; fees are burned; nobody can mint more.
shared ({ caller = deployer }) persistent actor class Token() {
  public type Account = { owner : Principal; subaccount : ?Blob };
  public type Value = { #Nat : Nat; #Int : Int; #Text : Text; #Blob : Blob };
  public type TransferArg = {
    from_subaccount : ?Blob;
    to : Account;
    amount : Nat;
    fee : ?Nat;
    memo : ?Blob;
    created_at_time : ?Nat64;
  };
  public type TransferError = {
    #BadFee : { expected_fee : Nat };
    #BadBurn : { min_burn_amount : Nat };
    #InsufficientFunds : { balance : Nat };
    #TooOld;
    #CreatedInFuture : { ledger_time : Nat64 };
    #Duplicate : { duplicate_of : Nat };
    #TemporarilyUnavailable;
    #GenericError : { error_code : Nat; message : Text };
  };

  transient let fee = 10_000;
  /// How long a transfer with a time of creation is remembered, and how far clocks may differ.
  transient let windowNs : Nat64 = 86_400_000_000_000;
  transient let driftNs : Nat64 = 120_000_000_000;

  let balances = Map.empty<Account, Nat>();
  var supply : Nat = 1_000_000_000_000;
  var transfers : Nat = 0;
  /// Transfers that must not happen twice, by what they ask for; and in the order in which they came.
  let seen = Map.empty<Blob, Nat>();
  let seenInOrder = Queue.empty<(Nat64, Blob)>();

  public query func icrc1_name() : async Text { "Terrarium Token" };
  public query func icrc1_symbol() : async Text { "TERRA" };
  public query func icrc1_decimals() : async Nat8 { 8 };
  public query func icrc1_fee() : async Nat { fee };
  public query func icrc1_total_supply() : async Nat { supply };
  public query func icrc1_minting_account() : async ?Account { null };
  public query func icrc1_balance_of(account : Account) : async Nat { balanceOf(account) };

  public query func icrc1_metadata() : async [(Text, Value)] {
    [
      ("icrc1:name", #Text "Terrarium Token"),
      ("icrc1:symbol", #Text "TERRA"),
      ("icrc1:decimals", #Nat 8),
      ("icrc1:fee", #Nat fee),
    ];
  };
  public query func icrc1_supported_standards() : async [{ name : Text; url : Text }] {
    [{
      name = "ICRC-1";
      url = "https://github.com/dfinity/ICRC-1/tree/main/standards/ICRC-1";
    }];
  };

  /// Not of the standard: the principal to give to who wants to pay you.
  public query ({ caller }) func whoami() : async Principal { caller };

  public shared ({ caller }) func icrc1_transfer(arg : TransferArg) : async {
    #Ok : Nat;
    #Err : TransferError;
  } {
    let from = { owner = caller; subaccount = arg.from_subaccount };
    switch (arg.fee) {
      case (?given) if (given != fee) return #Err(#BadFee { expected_fee = fee });
      case null {};
    };
    switch (arg.memo) {
      case (?memo) if (memo.size() > 32) return #Err(#GenericError { error_code = 1; message = "a memo has at most 32 bytes" });
      case null {};
    };
    let now = Nat64.fromIntWrap(Time.now());
    forget(now);
    // Two transfers are the same when the same caller asks for the same, created at the same time.
    let asked = to_candid (caller, arg);
    switch (arg.created_at_time) {
      case (?created) {
        if (created + windowNs + driftNs < now) return #Err(#TooOld);
        if (created > now + driftNs) return #Err(#CreatedInFuture { ledger_time = now });
        switch (Map.get(seen, Blob.compare, asked)) {
          case (?before) return #Err(#Duplicate { duplicate_of = before });
          case null {};
        };
      };
      case null {};
    };
    let balance = balanceOf(from);
    if (balance < arg.amount + fee) return #Err(#InsufficientFunds { balance });

    setBalance(from, balance - arg.amount - fee : Nat);
    setBalance(arg.to, balanceOf(arg.to) + arg.amount);
    supply -= fee;
    let index = transfers;
    transfers += 1;
    if (arg.created_at_time != null) {
      Map.add(seen, Blob.compare, asked, index);
      Queue.pushBack(seenInOrder, (now, asked));
    };
    #Ok index;
  };

  /// What came so long ago that its time of creation is too old by now, whatever it was.
  func forget(now : Nat64) {
    loop {
      let ?(at, asked) = Queue.peekFront(seenInOrder) else return;
      if (at + windowNs + 2 * driftNs >= now) return;
      ignore Queue.popFront(seenInOrder);
      Map.remove(seen, Blob.compare, asked);
    };
  };

  func balanceOf(account : Account) : Nat {
    switch (Map.get(balances, compare, plain(account))) {
      case (?balance) balance;
      case null 0;
    };
  };
  func setBalance(account : Account, balance : Nat) {
    if (balance == 0) Map.remove(balances, compare, plain(account)) else Map.add(balances, compare, plain(account), balance);
  };

  /// No subaccount and the one of 32 zeros are the same account.
  func plain({ owner; subaccount } : Account) : Account {
    switch subaccount {
      case (?bytes) {
        if (bytes.size() != 32) Runtime.trap("a subaccount has 32 bytes");
        for (byte in bytes.values()) if (byte != 0) return { owner; subaccount };
      };
      case null {};
    };
    { owner; subaccount = null };
  };
  func compare(a : Account, b : Account) : Order.Order {
    switch (Principal.compare(a.owner, b.owner)) {
      case (#equal) Blob.compare(bytesOf(a.subaccount), bytesOf(b.subaccount));
      case order order;
    };
  };
  func bytesOf(subaccount : ?Blob) : Blob {
    switch subaccount {
      case (?bytes) bytes;
      case null "";
    };
  };

  // At installation alone: after an upgrade the balances are there.
  if (transfers == 0 and Map.size(balances) == 0) {
    Map.add(balances, compare, { owner = deployer; subaccount = null }, supply);
  };
};
